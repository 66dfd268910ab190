/**
 * Entry point: loads the texts, asks the server who is signed in, shows login or desk.
 *
 * Failure: when the texts cannot be loaded there are no words to show, so it keeps trying; when the
 * session ends the login takes the desk's place and the address stays, so that signing in again leads back.
 */

import { api } from "./api.js";
import { startClock } from "./clock.js";
import { Desk } from "./desk.js";
import { replace } from "./dom.js";
import { forget, recall, remember } from "./storage.js";
import { loadWording, say } from "./wording.js";
import { Frame } from "./views/frame.js";
import { loginView } from "./views/login.js";
import { messageView } from "./views/message.js";
import { setupView } from "./views/setup.js";

const root = document.getElementById("app");
let desk = null;
let frame = null;
/** The desk whose session ended in the middle of the work: its files wait for the same agent to sign in again. */
let interrupted = null;

function clear() {
  frame?.remove();
  frame = null;
  // A question that was open belongs to the desk that goes; what was typed into it is stored.
  for (const dialog of document.querySelectorAll("dialog")) dialog.remove();
  replace(root);
}

/**
 * `typed`: what stands in the fields already, for the language may be changed while somebody signs in. At first it is the
 * name of who worked here last and did not log out.
 */
function showLogin(notice = "", typed = { name: recall("login", "") }) {
  clear();
  desk?.stop();
  desk = null;
  document.title = `${say("desk_login_heading")} · Klartext`;
  const view = loginView({ notice, typed, signedIn: () => askWho(true), languageChanged: (now) => showLogin(notice, now) });
  root.append(view.element);
  view.focus();
}

/** Somebody logged out: the next at this computer is not told who it was. */
function loggedOut() {
  forget("login");
  showLogin(say("desk_login_done"));
}

function showSetup() {
  clear();
  desk?.stop();
  desk = null;
  document.title = `${say("desk_factor_needed_heading")} · Klartext`;
  const view = setupView({ done: () => askWho(true), logout: async () => {
    await api.logout();
    loggedOut();
  } });
  root.append(view.element);
  view.focus();
}

function showDesk(agent, signedIn) {
  clear();
  desk = new Desk(agent, sessionOver, interrupted?.agent.id === agent.id ? interrupted.uploads.items : []);
  interrupted = null;
  remember("login", agent.login);
  mountFrame();
  if (signedIn) frame.focus();
  desk.start();
}

function sessionOver() {
  interrupted = desk;
  showLogin(say("desk_login_expired"));
}

function mountFrame() {
  clear();
  frame = new Frame(desk, {
    languageChanged: mountFrame,
    logout: async () => {
      await desk.logout();
      loggedOut();
    },
  });
  root.append(frame.element);
  frame.mounted();
}

async function begin() {
  try {
    await loadWording();
  } catch {
    setTimeout(begin, 2000);
    return;
  }
  startClock();
  await askWho();
}

/** `signedIn`: somebody has just typed a password, so the focus belongs into the desk. */
async function askWho(signedIn = false) {
  try {
    const { agent, second_factor_needed: missing } = await api.me();
    if (missing) showSetup();
    else showDesk(agent, signedIn);
  } catch (error) {
    if (error.status === 401) showLogin();
    else replace(root, messageView({ icon: "warn", heading: say("desk_title"), text: error.message, action: say("desk_retry"), onAction: () => askWho(true), full: true }));
  }
}

// An administrator may require the second factor while somebody works: the desk gives way to setting it up.
addEventListener("second-factor-needed", () => { if (desk) askWho(); });

begin();
