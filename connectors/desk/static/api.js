/**
 * The desk's HTTP calls.
 *
 * Guarantee: a call ends in the server's answer or in an ApiError that carries a sentence for the
 * agent; it never hangs longer than TIMEOUT. Nothing is retried here: only the caller knows whether
 * repeating is safe.
 */

import { noteServerTime } from "./clock.js";
import { language, say } from "./wording.js";

const TIMEOUT = 20_000;
const UPLOAD_TIMEOUT = 180_000;

export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    /** HTTP status; 0 when no answer came. */
    this.status = status;
    this.code = code;
  }

  /** Whether the same call may succeed later without anyone changing anything. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

async function call(method, path, body) {
  const headers = { Accept: "application/json", "Accept-Language": language() };
  if (method !== "GET") headers["X-Klartext-Desk"] = "1";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(`/desk/api${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT),
    });
  } catch {
    throw new ApiError(0, "offline", say("desk_error_offline"));
  }
  noteServerTime(response.headers.get("Date"));
  const data = await response.json().catch(() => null);
  if (!response.ok) {
    const message = data?.message || say("desk_error_unknown", { status: response.status });
    if (data?.code === "second_factor_needed") dispatchEvent(new Event("second-factor-needed"));
    throw new ApiError(response.status, data?.code ?? "", message);
  }
  return data ?? {};
}

/** A form with a file: fetch knows no progress of what is sent. `progress(share)` gets 0 to 1. */
function upload(path, fields, progress) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const request = new XMLHttpRequest();
  request.open("POST", `/desk/api${path}`);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("Accept-Language", language());
  request.setRequestHeader("X-Klartext-Desk", "1");
  request.responseType = "json";
  request.timeout = UPLOAD_TIMEOUT;
  request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
  return new Promise((resolve, reject) => {
    request.onerror = request.ontimeout = request.onabort = () => reject(new ApiError(0, "offline", say("desk_error_offline")));
    request.onload = () => {
      const { status, response } = request;
      if (status >= 200 && status < 300) resolve(response ?? {});
      else reject(new ApiError(status, response?.code ?? "", response?.message || say("desk_error_unknown", { status })));
    };
    request.send(form);
  });
}

const conversation = (id) => `/conversations/${encodeURIComponent(id)}`;

export const api = {
  /** For pages whose routes no other part uses. */
  get: (path) => call("GET", path),
  post: (path, body = {}) => call("POST", path, body),
  login: (login, password, code) => call("POST", "/login", { login, password, code }),
  logout: () => call("POST", "/logout"),
  me: () => call("GET", "/me"),
  list: (view) => call("GET", `/conversations?view=${view}`),
  search: (words) => call("GET", `/conversations?view=search&q=${encodeURIComponent(words)}`),
  events: (id, before) => call("GET", `${conversation(id)}/events?before=${before}`),
  hold: (id, clientId, text) => call("POST", `${conversation(id)}/held`, { client_id: clientId, text }),
  withdraw: (id, held) => call("POST", `${conversation(id)}/held/${encodeURIComponent(held)}/withdraw`),
  sendNow: (id, held) => call("POST", `${conversation(id)}/held/${encodeURIComponent(held)}/send`),
  note: (id, clientId, text) => call("POST", `${conversation(id)}/notes`, { client_id: clientId, text }),
  /** transfer, invite, leave, close, case: their bodies are as the interface's description says. */
  act: (id, verb, body = {}) => call("POST", `${conversation(id)}/${verb}`, body),
  cases: (solved = false) => call("GET", `/cases?solved=${solved ? 1 : 0}`),
  changeCase: (number, change) => call("POST", `/cases/${encodeURIComponent(number)}`, change),
  people: () => call("GET", "/people"),
  availability: (available) => call("POST", "/availability", { available }),
  canned: () => call("GET", "/canned"),
  /** How far I have read each conversation, on whichever device. */
  read: () => call("GET", "/read"),
  intents: () => call("GET", "/intents"),
  reportAnswer: (id, report) => call("POST", `${conversation(id)}/wrong-answers`, report),
  conversation: (id) => call("GET", conversation(id)),
  claim: (id, epoch) => call("POST", `${conversation(id)}/claim`, { epoch }),
  send: (id, clientId, text) => call("POST", `${conversation(id)}/messages`, { client_id: clientId, text }),
  sendFile: (id, clientId, file, text, progress) => upload(`${conversation(id)}/files`, { client_id: clientId, text, file }, progress),
  template: (id, body) => call("POST", `${conversation(id)}/template`, body),
  handback: (id, words) => call("POST", `${conversation(id)}/handback`, words),
};
