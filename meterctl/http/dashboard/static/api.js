// Talking to the server. The token lives in this tab's sessionStorage, and nowhere else.

const TOKEN = "meterctl.token";
const PATIENCE = 20_000; // milliseconds for an answer

let token = sessionStorage.getItem(TOKEN);
let ended = () => {};

/** An answer that says no: RFC 9457, with the seconds to wait where it names them. */
export class Problem extends Error {
  constructor(status, form, wait) {
    super(form.detail || form.title || `the server answered ${status}`);
    this.status = status;
    this.form = form;
    this.code = form.code ?? "";
    this.hint = form.hint ?? "";
    this.errors = form.errors ?? [];
    this.wait = wait;
  }
}

/** No answer came: what was asked may have been done. */
export class Lost extends Error {}

/** Whether somebody is logged in: what comes later for who was is not shown any more. */
export const loggedIn = () => token !== null;

/** Called with a message when the server no longer takes the token. */
export const onEnd = (callback) => (ended = callback);

export async function logIn(clientId, clientSecret) {
  const answer = await ask("auth/token", { method: "POST", form: { clientId, clientSecret } });
  token = answer.token;
  sessionStorage.setItem(TOKEN, token);
}

export function logOut() {
  token = null;
  sessionStorage.removeItem(TOKEN);
}

/** Something nobody else makes: `crypto.randomUUID` is missing where http:// is not this machine. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The answer's JSON. */
export async function ask(path, { method = "GET", form, body, headers = {}, patience = PATIENCE } = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patience);
  try {
    const answer = await open(path, {
      method,
      signal: stop.signal,
      headers: form === undefined ? headers : { "Content-Type": "application/json", ...headers },
      body: form === undefined ? body : JSON.stringify(form),
    });
    return await answer.json();
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Lost("no answer from the server");
  } finally {
    clearTimeout(timer);
  }
}

/** The answer, once its head is there and says yes. */
export async function open(path, { headers = {}, ...options } = {}) {
  const used = token;
  const answer = await fetch(path, {
    ...options,
    cache: "no-store",
    credentials: "omit",
    headers: used === null ? headers : { ...headers, Authorization: `Bearer ${used}` },
  });
  if (answer.ok) return answer;
  const problem = await problemOf(answer);
  if (answer.status === 401 && used !== null && used === token) {
    logOut();
    ended("Your log-in has ended. Please log in again.");
  }
  throw problem;
}

async function problemOf(answer) {
  const wait = Number(answer.headers.get("Retry-After")) || 0;
  const form = await answer.json().catch(() => ({}));
  return new Problem(answer.status, form, wait);
}
