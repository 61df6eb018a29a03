// Keeps a page open and tells what it has seen, one line of JSON for each line of input; ends with its input.
// node watch.mjs CHROMIUM PROFILE ADDRESS
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

// Found from the folder where it was installed, which is not that of this file.
const { chromium } = createRequire(`${process.cwd()}/`)("playwright-core");
const [executablePath, profile, address] = process.argv.slice(2);

const context = await chromium.launchPersistentContext(profile, {
  executablePath,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
const page = context.pages()[0] ?? await context.newPage();
const consoleErrors = [], lostRequests = [];
page.on("console", message => { if (message.type() === "error") consoleErrors.push(`${message.text()} (${message.location().url})`); });
page.on("pageerror", error => consoleErrors.push(String(error)));
page.on("requestfailed", request => lostRequests.push(`${request.failure().errorText} ${new URL(request.url()).pathname}`));
await page.goto(address);

for await (const _ of createInterface({ input: process.stdin }))
  console.log(JSON.stringify({ ...await page.evaluate("seen"), consoleErrors, lostRequests }));

await context.close();
