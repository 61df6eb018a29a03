"use strict";

// What the page has seen. It asks as pages do: nothing is asked again by the page itself but the stream, by the browser's EventSource.
const seen = {
  fetches: 0, events: 0, images: 0, scripts: 0,
  failures: [], gaps: 0, reconnects: 0, closed: 0,
  fetchProcess: 0, eventProcess: 0, processes: [],
};

function came(process) {
  if (!seen.processes.includes(process))
    seen.processes.push(process);
  return process;
}

// Requests overlap: an answer that comes late keeps nothing else waiting.
function every(milliseconds, ask) {
  let number = 0;
  setInterval(() => ask(number++), milliseconds);
}

async function poll(number) {
  try {
    const answer = await fetch(`/api/time?${number}`, { cache: "no-store" });
    if (!answer.ok)
      throw new Error(`status ${answer.status}`);
    seen.fetchProcess = came((await answer.json()).process);
    seen.fetches++;
  } catch (e) {
    seen.failures.push(`fetch ${number}: ${e.message}`);
  }
}

function load(kind, element, address) {
  element.onload = () => { seen[kind]++; element.remove(); };
  element.onerror = () => { seen.failures.push(`${kind}: ${address}`); element.remove(); };
  element.src = address;
  document.body.append(element);
}

function follow() {
  const source = new EventSource("/events");
  let last = 0;
  source.onmessage = message => {
    const id = Number(message.lastEventId);
    if (id !== last + 1)
      seen.gaps++;
    last = id;
    seen.eventProcess = came(Number(message.data));
    seen.events++;
  };
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED)
      seen.closed++;
    else
      seen.reconnects++;
  };
}

follow();
every(50, poll);
every(200, number => load("images", new Image(), `/pixel.png?${number}`));
every(200, number => load("scripts", document.createElement("script"), `/part.js?${number}`));
