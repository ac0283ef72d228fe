// The page as a whole: who is logged in, which part is shown.

import { ask, logIn, logOut, loggedIn, onEnd } from "./api.js";
import { ask as question, byId, notice } from "./dom.js";
import { entering } from "./enter.js";
import { showHealth } from "./health.js";
import { readings } from "./now.js";
import * as outbox from "./outbox.js";
import { showSubmissions } from "./submissions.js";
import { uploading } from "./upload.js";
import { useOver } from "./use.js";

const VIEWS = [
  { name: "now", scope: "read" },
  { name: "enter", scope: "record" },
  { name: "import", scope: "record" },
  { name: "submissions", scope: "read" },
  { name: "health", scope: "read" },
];

const AGAIN = 5_000; // milliseconds
const CALM = 5_000; // between two looks at what has changed

let app = null; // of who is logged in

function viewsOf(me) {
  return VIEWS.filter(({ scope }) => me.scopes.includes(scope)).map(({ name }) => name);
}

/** Does something at once, and whenever it is asked to; but not too often. */
function calmly(work) {
  let last = -CALM;
  let timer = 0;
  function run() {
    timer = 0;
    last = performance.now();
    work();
  }
  return {
    ask: () => (timer ||= setTimeout(run, Math.max(0, last + CALM - performance.now()))),
    stop: () => clearTimeout(timer),
  };
}

/** Everything that a client may see, running. */
function begin(me) {
  const ahead = Date.parse(me.now) - Date.now(); // a phone's clock may be wrong
  const running = [];
  const made = {
    me,
    views: viewsOf(me),
    now: () => new Date(Date.now() + ahead),
    zoneOf: (meter) => meter.timezone ?? me.timezone,
    newest: () => undefined,
    queue: () => "",
    shown: {},
    stop: () => running.forEach((one) => one.stop()),
  };
  if (made.views.includes("now")) {
    const use = useOver();
    const refresh = calmly(() => made.shown[viewOf(made)]?.());
    const live = readings(made, refresh.ask);
    made.newest = live.newest;
    made.queue = live.queue;
    made.shown = {
      now: () => use.load(),
      submissions: () => showSubmissions(made),
      health: () => showHealth(made),
    };
    running.push(use, live, refresh);
  }
  if (made.views.includes("enter")) {
    const form = entering(made);
    running.push(form, uploading(made));
    made.shown.enter = () => form.show();
    made.stored = (answer) => form.told(answer);
    made.putBack = (record) => {
      location.hash = "enter";
      form.fill(record);
    };
  }
  return made;
}

/** Show the page of who is logged in; `focus` says whether a reader is led to its heading. */
async function enter(focus) {
  let me;
  try {
    me = await ask("dashboard/me");
  } catch (error) {
    if (loggedIn()) {
      show("none");
      byId("view-now").before(notice("wait", `${error.message}; trying again`));
      setTimeout(enter, AGAIN, focus);
    }
    return;
  }
  app?.stop();
  app = begin(me);
  byId("who").textContent = me.name;
  byId("top").hidden = byId("tabs").hidden = false;
  for (const tab of byId("tabs").children) tab.hidden = !app.views.includes(nameOf(tab));
  outbox.resume(me.client, { onStored: app.stored, onPutBack: app.putBack });
  route(focus);
}

/** The part that the address names, or the first there is. */
function viewOf({ views }) {
  const asked = location.hash.slice(1);
  return views.includes(asked) ? asked : views[0];
}

const nameOf = (tab) => tab.getAttribute("href").slice(1);

function route(focus) {
  if (app === null) return;
  const name = viewOf(app);
  show(name ?? "none");
  for (const tab of byId("tabs").children) {
    if (nameOf(tab) === name) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  if (name === undefined) {
    byId("view-now").before(notice("wait", "This client may neither read nor record: there is nothing to show."));
    return;
  }
  app.shown[name]?.();
  if (focus) byId(`${name}-title`).focus({ preventScroll: true });
  scrollTo(0, 0);
}

function show(name) {
  for (const view of document.querySelectorAll("main > section[id^=view-]")) {
    view.hidden = view.id !== `view-${name}`;
  }
  for (const stray of document.querySelectorAll("main > .notice")) stray.remove();
  const title = byId(`${name}-title`)?.textContent;
  document.title = title ? `${title} – meterctl` : "meterctl";
}

function showLogin(message, kind = "wait") {
  app?.stop();
  app = null;
  outbox.halt();
  byId("ask").close();
  byId("top").hidden = byId("tabs").hidden = true;
  byId("who").textContent = "";
  byId("submissions").replaceChildren();
  byId("health").replaceChildren();
  show("login");
  tellLogin(message, kind);
  byId("client-id").focus();
}

function tellLogin(message, kind) {
  byId("login-said").hidden = !message;
  byId("login-said").className = `notice ${kind}`;
  byId("login-said").textContent = message;
}

byId("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const [id, secret] = [byId("client-id"), byId("client-secret")];
  if (!id.value.trim() || !secret.value.trim()) {
    tellLogin("Both are needed: the client's id and its secret.", "bad");
    (id.value.trim() ? secret : id).focus();
    return;
  }
  tellLogin("", "");
  try {
    await logIn(id.value.trim(), secret.value.trim());
  } catch (error) {
    const wait = error.wait ? ` Try again in ${error.wait} s.` : "";
    tellLogin(error.status === 401 ? "The id or the secret is wrong." : `${error.message}.${wait}`, "bad");
    secret.focus();
    return;
  }
  secret.value = "";
  await enter(true);
});

byId("sign-out").addEventListener("click", async () => {
  if (outbox.waiting()) {
    const answer = await question("Sign out all the same?", ["What is not sent yet would be lost."], [
      { text: "Stay", value: "", look: "main" },
      { text: "Sign out", value: "out", look: "plain" },
    ]);
    if (answer !== "out") return;
  }
  outbox.discardAll();
  logOut();
  showLogin("You are signed out.", "good");
});

byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
byId("submissions-again").addEventListener("click", () => app && showSubmissions(app));
byId("health-again").addEventListener("click", () => app && showHealth(app));
addEventListener("hashchange", () => route(true));
// A file that misses its place would otherwise be opened instead of the page.
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());

onEnd((message) => showLogin(message));
if (loggedIn()) enter(false);
else showLogin("");
