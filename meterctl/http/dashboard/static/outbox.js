// Records on their way. Each has one key from its first attempt to its last, so that a lost answer
// never makes two of one. What cannot be sent just now is kept here, and told.

import { Lost, Problem, ask, newKey } from "./api.js";
import { byId, button, el, say } from "./dom.js";

const PATIENCE = 10_000;
const LONGEST_PAUSE = 30_000;

const unsent = [];
let client = null;
let stored = () => {};
let putBack = () => {};

/** Who is logged in now; what that client had begun goes on. */
export function resume(id, { onStored, onPutBack }) {
  client = id;
  stored = onStored;
  putBack = onPutBack;
  unsent.filter((item) => item.client === id).forEach(retry);
  draw();
}

/** Stop sending: nobody is logged in. */
export function halt() {
  client = null;
  unsent.forEach((item) => clearTimeout(item.timer));
  draw();
}

/** Forget all of it. */
export function discardAll() {
  unsent.forEach((item) => clearTimeout(item.timer));
  unsent.length = 0;
  draw();
}

export const waiting = () => unsent.length;

/**
 * Send a record. The answer; or null where it is kept to be sent later.
 *
 * Throws the Problem where the server says no.
 */
export async function send(record, text) {
  const item = { record, text, key: newKey(), client, tries: 0, state: "", timer: 0, refused: null };
  try {
    return await attempt(item);
  } catch (error) {
    if (!mayPass(error)) throw error;
    unsent.push(item);
    later(item, error);
    return null;
  }
}

function attempt(item) {
  item.tries += 1;
  return ask("records/single", {
    method: "POST",
    form: item.record,
    headers: { "Idempotency-Key": item.key },
    patience: PATIENCE,
  });
}

/** Whether the same may be sent again: no answer, too busy, or the first try is still under way. */
function mayPass(error) {
  if (error instanceof Lost) return true;
  if (!(error instanceof Problem)) throw error;
  return [401, 408, 429].includes(error.status) || error.status >= 500 || error.code === "idempotency_in_flight";
}

function later(item, error) {
  if (!unsent.includes(item)) return; // discarded meanwhile
  const pause = Math.max(Math.min(1000 * 2 ** item.tries, LONGEST_PAUSE), (error.wait ?? 0) * 1000);
  clearTimeout(item.timer);
  item.state = error instanceof Lost ? "no connection; trying again" : `${error.message}; trying again`;
  if (client === item.client) item.timer = setTimeout(() => retry(item), pause);
  draw();
}

async function retry(item) {
  clearTimeout(item.timer);
  if (item.refused || item.busy || client !== item.client) return;
  item.state = "sending";
  item.busy = true;
  draw();
  try {
    const answer = await attempt(item);
    drop(item);
    stored(answer);
  } catch (error) {
    if (mayPass(error)) {
      later(item, error);
    } else {
      item.refused = error;
      item.state = `refused: ${error.message}`;
      say(`${item.text}: ${item.state}`);
    }
  } finally {
    item.busy = false;
    draw();
  }
}

function drop(item) {
  clearTimeout(item.timer);
  const place = unsent.indexOf(item);
  if (place >= 0) unsent.splice(place, 1);
  draw();
}

function draw() {
  byId("unsent").hidden = unsent.length === 0;
  byId("unsent-rows").replaceChildren(
    ...unsent.map((item) =>
      el(
        "li",
        {},
        el("p", {}, el("strong", {}, item.text)),
        el(
          "p",
          { class: `state ${item.refused ? "bad" : "wait"}` },
          client === item.client ? item.state : "waits for its client to log in",
        ),
        el("div", { class: "buttons" }, ...buttonsOf(item)),
      ),
    ),
  );
}

function buttonsOf(item) {
  if (client !== item.client) return [];
  const discard = button("Discard", () => drop(item), "plain");
  if (!item.refused) return [button("Try now", () => retry(item), "plain"), discard];
  const change = () => {
    drop(item);
    putBack(item.record);
  };
  return [button("Change it", change, "plain"), discard];
}

addEventListener("online", () => unsent.forEach(retry));
addEventListener("beforeunload", (event) => {
  if (unsent.length) event.preventDefault();
});
