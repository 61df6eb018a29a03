// Opens a page as it is in the light and in the dark, keeps a picture of each, and tells what there was to see as JSON.
// node look.mjs CHROMIUM PROFILE ADDRESS LIGHT.png DARK.png
import { createRequire } from "node:module";

// Found from the folder where it was installed, which is not that of this file.
const { chromium } = createRequire(`${process.cwd()}/`)("playwright-core");
const [executablePath, profile, address, ...pictures] = process.argv.slice(2);

const context = await chromium.launchPersistentContext(profile, {
  executablePath,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  viewport: { width: 1280, height: 900 },
  timeout: 180_000, // a busy machine takes its time
});
const page = context.pages()[0] ?? await context.newPage();
page.setDefaultTimeout(180_000);
const problems = [], requests = [];
page.on("console", message => { if (message.type() !== "log") problems.push(message.text()); });
page.on("pageerror", error => problems.push(String(error)));
page.on("request", request => { if (!request.url().startsWith("data:")) requests.push(request.url()); });

const backgrounds = [], marks = [];
for (const [index, colorScheme] of ["light", "dark"].entries()) {
  await page.emulateMedia({ colorScheme });
  if (index === 0)
    await page.goto(address);
  await page.screenshot({ path: pictures[index], fullPage: true });
  backgrounds.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
  marks.push(await page.evaluate(() => getComputedStyle(document.querySelector("svg .f0")).fill));
}

const seen = await page.evaluate(() => ({
  plots: [...document.querySelectorAll("svg")].map(svg => ({
    title: svg.getAttribute("aria-label"),
    marks: svg.querySelectorAll("circle, path, rect").length,
    // Words that begin or end outside of their drawing are cut off.
    cut: [...svg.querySelectorAll("text")].filter(text => {
      const words = text.getBoundingClientRect(), frame = svg.getBoundingClientRect();
      return words.left < frame.left - 1 || words.right > frame.right + 1 || words.top < frame.top - 1 || words.bottom > frame.bottom + 1;
    }).map(text => text.textContent),
  })),
  tables: document.querySelectorAll("table").length,
  overflow: document.documentElement.scrollWidth > document.documentElement.clientWidth,
}));
await context.close();
console.log(JSON.stringify({ ...seen, problems, requests, backgrounds, marks }));
