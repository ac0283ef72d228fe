// What is current, as it changes: a stream of events, or asking again and again where that fails.

import { Lost, Problem, ask, open } from "./api.js";

const FIRST = 10_000; // milliseconds: a proxy that holds answers back never lets it through
const SILENCE = 40_000; // the server says something every 15 s
const STALE = 20_000;
const ASK_EVERY = 5_000;
const LONGEST_PAUSE = 60_000;

/** Follow until `stop()`: `told(form)` for what is current, `state(name)` live, asking or away. */
export function follow(told, state) {
  let stopped = false;
  let wasAsleep = false;
  let heard = 0; // when the server last said something
  let cut = new AbortController();
  let wake = () => {};

  const pause = (milliseconds) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  async function listen() {
    cut = new AbortController();
    let timer = 0;
    const alive = () => {
      heard = performance.now();
      clearTimeout(timer);
      timer = setTimeout(() => cut.abort(), SILENCE);
    };
    timer = setTimeout(() => cut.abort(), FIRST);
    try {
      const answer = await open("dashboard/events", { signal: cut.signal });
      for await (const { name, data } of events(answer.body, alive)) {
        if (stopped) return;
        if (name !== "current") continue;
        state("live");
        told(JSON.parse(data));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async function askOnce() {
    try {
      const form = await ask("readings/current");
      if (stopped) return;
      state("asking");
      told(form);
    } catch (error) {
      if (error instanceof Lost || error.status >= 500) state("away");
      if (error.wait) await pause(error.wait * 1000);
    }
  }

  async function run() {
    let patience = ASK_EVERY;
    while (!stopped) {
      const began = performance.now();
      await listen().catch((error) => {
        if (error instanceof Problem && [401, 403].includes(error.status)) stopped = true;
      });
      if (stopped) return;
      if (wasAsleep) {
        wasAsleep = false;
        continue;
      }
      if (performance.now() - began > LONGEST_PAUSE) patience = ASK_EVERY;
      for (let waited = 0; waited < patience && !stopped; waited += ASK_EVERY) {
        await askOnce();
        if (!stopped) await pause(ASK_EVERY);
      }
      patience = Math.min(2 * patience, LONGEST_PAUSE);
    }
  }

  // A phone that was asleep holds a stream that has long gone.
  const seen = () => {
    if (document.visibilityState !== "visible" || performance.now() - heard < STALE) return;
    wasAsleep = true;
    cut.abort();
    wake();
  };
  document.addEventListener("visibilitychange", seen);
  run();
  return {
    stop() {
      stopped = true;
      document.removeEventListener("visibilitychange", seen);
      cut.abort();
      wake();
    },
  };
}

/** The events of a stream: a name and its data. A comment is no event, but a sign of life. */
async function* events(body, alive) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    alive();
    rest += value;
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      const event = { name: "message", data: "" };
      for (const line of rest.slice(0, end).split("\n")) {
        if (line.startsWith("event: ")) event.name = line.slice(7);
        if (line.startsWith("data: ")) event.data += line.slice(6);
      }
      rest = rest.slice(end + 2);
      if (event.data) yield event;
    }
  }
}
