/**
 * The widget's look, as a constructable stylesheet: it needs no 'unsafe-inline' and cannot leak into the page.
 *
 * A page's own colour comes as further rules, see colour.js.
 * Every text has a contrast of at least 7:1 on its ground, every control a border of at least 3:1.
 */

const THEME = `
:host {
  all: initial;
  color-scheme: light dark;
  --accent: #0b5160;
  --accent-ink: #ffffff;
  --head: #0b4552;
  --head-ink: #ffffff;
  --ink: #14232a;
  --ink-soft: #384850;
  --paper: #ffffff;
  --ground: #f3f6f6;
  --line: #cfd8da;
  --edge: #6b7b83;
  --own: #d9ecee;
  --own-edge: #b5d6da;
  --bot: #0b4552;
  --human: #7d3a05;
  --human-ground: #fff3e4;
  --human-edge: #e8c49c;
  --notice: #e6ebec;
  --alert: #8c1d18;
  --status: #fff4d1;
  --status-ink: #4a3600;
  --focus: #0b5160;
  --shadow: 0 1px 2px rgb(10 30 36 / 18%), 0 12px 36px rgb(10 30 36 / 22%);
}
@media (prefers-color-scheme: dark) {
  :host {
    --accent: #8fdbe4;
    --accent-ink: #06252b;
    --head: #0f3a44;
    --head-ink: #f1fafb;
    --ink: #ecf2f3;
    --ink-soft: #c8d4d8;
    --paper: #1a262b;
    --ground: #11191d;
    --line: #34444b;
    --edge: #8499a1;
    --own: #17424b;
    --own-edge: #28606b;
    --bot: #8fdbe4;
    --human: #ffc48c;
    --human-ground: #33271b;
    --human-edge: #6b4e2f;
    --notice: #243238;
    --alert: #ffb4ab;
    --status: #3a2f0c;
    --status-ink: #ffe9a8;
    --focus: #a9e8ef;
    --shadow: 0 1px 2px rgb(0 0 0 / 50%), 0 12px 36px rgb(0 0 0 / 55%);
  }
}
`;

const FRAME = `
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.root {
  --base: max(17px, 1.0625rem);
  font: 400 var(--base) / 1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif;
  color: var(--ink);
  text-align: start;
}
.root.large-type { --base: max(22px, 1.375rem); }
button, textarea { font: inherit; color: inherit; }
button { cursor: pointer; }
p, h2 { margin: 0; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.icon, .mark { width: 1.4em; height: 1.4em; flex: none; }

.launcher {
  position: fixed; z-index: 2147483000;
  right: calc(1rem + env(safe-area-inset-right)); bottom: calc(1rem + env(safe-area-inset-bottom));
  display: flex; align-items: center; gap: .75em;
  max-width: calc(100vw - 2rem); min-height: 60px; padding: .55em 1.2em .55em 1em;
  border: 2px solid var(--accent-ink); border-radius: 16px;
  background: var(--accent); color: var(--accent-ink); box-shadow: var(--shadow); text-align: start;
}
.launcher .mark { width: 1.8em; height: 1.8em; }
.launcher-words { display: grid; line-height: 1.3; }
.launcher-text { font-weight: 650; }
.launcher-note { font-size: .85em; }
.launcher-brief, .brief :is(.launcher-text, .launcher-note) { display: none; }
.brief .launcher-brief { display: block; font-weight: 650; }
.launcher.brief { gap: .45em; min-height: 48px; padding: .2em .8em; }
.launcher.aside:not(:focus) { opacity: 0; pointer-events: none; }
.badge {
  display: grid; place-items: center; min-width: 1.8em; height: 1.8em; padding: 0 .4em; border-radius: 1em;
  background: var(--accent-ink); color: var(--accent); font-weight: 700; font-size: .85em;
}

.panel {
  position: fixed; z-index: 2147483000;
  right: calc(1rem + env(safe-area-inset-right)); bottom: calc(1rem + env(safe-area-inset-bottom));
  display: flex; flex-direction: column;
  width: 436px; height: 760px; max-width: calc(100vw - 2rem); max-height: calc(100dvh - 2rem);
  border: 1px solid var(--edge); border-radius: 16px; overflow: hidden;
  background: var(--ground); box-shadow: var(--shadow);
}
.large-type .panel { width: 480px; height: 760px; }
.left .launcher, .left .panel { right: auto; left: calc(1rem + env(safe-area-inset-left)); }
.panel:focus-visible { outline-offset: -4px; }

.head { flex: none; padding: .7em .8em .8em; background: var(--head); color: var(--head-ink); }
.head :focus-visible { outline-color: var(--head-ink); }
.who { display: flex; align-items: center; gap: .75em; }
.who > div { flex: 1; min-width: 0; }
.who .mark { width: 2em; height: 2em; }
.who .initials { min-width: 2.3em; height: 2.3em; border: 2px solid currentColor; color: inherit; font-size: .87em; }
.who h2 { font-size: .9em; font-weight: 500; line-height: 1.3; }
#holder { font-size: 1.06em; font-weight: 680; line-height: 1.3; overflow-wrap: anywhere; text-wrap: balance; }
.tools { display: flex; gap: .5em; margin-top: .65em; }
.phone { margin-top: .5em; font-size: .88em; line-height: 1.45; }
.phone a { display: inline-block; padding-block: .1em; color: inherit; font-weight: 700; white-space: nowrap; text-underline-offset: 3px; }
.phone .hours { display: block; text-wrap: balance; }
.plain, .to-human {
  display: flex; align-items: center; justify-content: center; flex: none;
  min-width: 44px; min-height: 44px; padding: 0; border-radius: 10px;
  border: 1.5px solid transparent; background: none; color: inherit; font-weight: 650; font-size: max(16px, .94em);
}
.tools .plain { border-color: color-mix(in srgb, var(--head-ink) 65%, transparent); }
.plain:hover { background: color-mix(in srgb, var(--head-ink) 16%, transparent); }
.plain[aria-pressed="true"] { background: var(--head-ink); color: var(--head); }
.to-human {
  flex: 1; gap: .5em; padding: .3em .7em; line-height: 1.25; text-wrap: balance;
  border-color: var(--head-ink); background: var(--head-ink); color: var(--head);
}
.to-human:hover { text-decoration: underline; text-underline-offset: 3px; text-decoration-thickness: 2px; }
.to-human[aria-disabled="true"] { background: none; color: inherit; cursor: default; text-decoration: none; border-style: dashed; }

.status { flex: none; display: flex; align-items: center; gap: .75em; padding: 0 1em; font-size: .94em; line-height: 1.4; }
.status:has(span:not(:empty)) { padding-block: .6em; background: var(--notice); border-bottom: 1px solid var(--line); }
.status.notable:has(span:not(:empty)) { background: var(--status); color: var(--status-ink); }
.status span { flex: 1; }
.retry { min-height: 44px; padding: .3em .8em; border: 1.5px solid currentColor; border-radius: 10px; background: none; font-weight: 650; }
`;

const THREAD = `
.log { flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; padding: 1em; scrollbar-width: thin; }
.log:focus-visible { outline-offset: -4px; }
.greeting { margin-bottom: .5em; text-align: center; font-weight: 600; overflow-wrap: anywhere; }
.list { display: flex; flex-direction: column; align-items: stretch; }
.message {
  max-width: 94%; margin-top: .9em; padding: .65em .9em .75em;
  border: 1px solid var(--line); border-radius: 4px 14px 14px 14px; background: var(--paper);
}
.message:first-child { margin-top: 0; }
.message.continued { margin-top: .35em; }
.author { display: flex; flex-wrap: wrap; align-items: center; gap: .1em .5em; margin-bottom: .2em; font-size: .88em; line-height: 1.4; color: var(--ink-soft); }
.author .mark, .author .icon { width: 1.35em; height: 1.35em; color: var(--bot); }
.author .name { font-weight: 700; color: var(--bot); }
.continued .author .mark, .continued .author .icon, .continued .author .initials { display: none; }
.initials {
  display: inline-grid; place-items: center; min-width: 1.9em; height: 1.9em; padding: 0 .3em;
  border: 1.5px solid var(--human); border-radius: 1em; color: var(--human); font-size: .82em; font-weight: 700;
}
.text { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; }
/* As a whole on the next line. */
.together { white-space: nowrap; unicode-bidi: plaintext; }
.text a { color: inherit; font-weight: 600; text-underline-offset: 3px; }
.message.human { background: var(--human-ground); border-color: var(--human-edge); border-inline-start: 5px solid var(--human); }
.message.human .name { color: var(--human); }
.message.customer { align-self: flex-end; max-width: 88%; border-radius: 14px 4px 14px 14px; background: var(--own); border-color: var(--own-edge); }
.message.customer .name { color: var(--ink); }
.message.notice { max-width: none; border-radius: 10px; background: var(--notice); border-color: transparent; font-size: .97em; }
.message.system .name { color: var(--ink); }
.state { font-weight: 600; color: var(--ink); }
.state.sending { visibility: hidden; animation: appear 0s 1.2s forwards; }
.state.refused { color: var(--alert); }
@keyframes appear { to { visibility: visible; } }
.case { margin-top: .4em; font-weight: 650; }
.source {
  display: flex; gap: .5em; margin-top: .65em; padding-top: .55em; border-top: 1px solid var(--line);
  font-size: .88em; line-height: 1.4; color: var(--ink-soft);
}
.source > span { min-width: 0; overflow-wrap: anywhere; }
.source .icon { width: 1.3em; height: 1.3em; margin-top: .05em; }
.why { margin-top: .3em; font-size: .88em; line-height: 1.45; color: var(--ink-soft); }
.ask-why { margin-block: -.35em -.45em; }
.reasons { padding: .6em .8em; border-radius: 8px; background: var(--notice); color: var(--ink); overflow-wrap: anywhere; }
.reasons ul { margin: 0; padding-inline-start: 1.1em; }
.reasons li + li { margin-top: .35em; }
.trace { margin: .2em 0 0; }
.trace div { margin-top: .3em; }
.trace dt { font-weight: 650; }
.trace dd { margin: 0; font-family: ui-monospace, "Cascadia Mono", Consolas, monospace; font-size: .92em; }
.choices { display: flex; flex-wrap: wrap; gap: .5em; margin-top: .75em; }
.choices button {
  min-height: 44px; padding: .4em .9em; border: 1.5px solid var(--accent); border-radius: 10px;
  background: var(--paper); color: var(--ink); font-weight: 600; line-height: 1.3; text-align: start;
}
.choices button:hover:enabled { background: var(--own); }
.choices button:disabled { border: 1px dashed var(--edge); background: none; color: var(--ink-soft); font-weight: 400; cursor: default; }

.keep { display: flex; flex-wrap: wrap; align-items: center; gap: 0 1em; margin-top: .6em; font-size: .88em; color: var(--ink-soft); }
.quiet { min-height: 44px; padding: 0; border: 0; background: none; color: inherit; text-decoration: underline; text-underline-offset: 3px; }
.quiet:hover { color: var(--ink); text-decoration-thickness: 2px; }

.foot { flex: none; }
/* Has room of its own between the conversation and the field, so that it covers no line and no button. */
.jump {
  display: flex; align-items: center; justify-content: center; gap: .5em; width: 100%; min-height: 44px; padding: .4em 1em;
  border: 0; background: var(--accent); color: var(--accent-ink); font-weight: 650;
}
.jump:hover span { text-decoration: underline; text-underline-offset: 3px; text-decoration-thickness: 2px; }
.jump:focus-visible { outline-color: var(--accent-ink); outline-offset: -5px; }
.typing { padding: 0 1em .5em; color: var(--ink-soft); font-size: .92em; }
`;

const COMPOSER = `
.composer { flex: none; padding: .7em .8em calc(.8em + env(safe-area-inset-bottom)); background: var(--paper); border-top: 1px solid var(--line); }
.field { display: flex; align-items: flex-end; gap: .5em; }
textarea {
  flex: 1; min-width: 0; min-height: max(48px, 2.7em); max-height: 9.5em; padding: .55em .75em; resize: none; field-sizing: content;
  border: 1.5px solid var(--edge); border-radius: 10px; background: var(--paper); color: var(--ink); line-height: 1.4;
}
textarea::placeholder { color: var(--ink-soft); opacity: 1; white-space: nowrap; }
.over textarea { border: 2px solid var(--alert); }
.send {
  display: flex; align-items: center; justify-content: center; gap: .4em; flex: none; min-width: 48px; min-height: max(48px, 2.7em); padding: .4em .9em;
  border: 1.5px solid var(--accent); border-radius: 10px; background: var(--accent); color: var(--accent-ink); font-weight: 650;
}
.send:hover { text-decoration: underline; text-underline-offset: 3px; }
.attach {
  display: flex; align-items: center; justify-content: center; flex: none; min-width: 48px; min-height: max(48px, 2.7em); padding: .4em;
  border: 1.5px solid var(--edge); border-radius: 10px; background: var(--paper); color: var(--ink);
}
.file { display: flex; flex-wrap: wrap; align-items: center; gap: .3em .6em; margin-top: .5em; overflow-wrap: anywhere; }
.file progress { flex: 1 1 8em; }
.picture { max-width: 100%; height: auto; border-radius: 8px; }
.save {
  display: flex; flex-wrap: wrap; gap: .2em .6em; min-height: 44px; align-items: center; padding: .3em .7em; text-align: start;
  border: 1.5px solid var(--edge); border-radius: 10px; background: var(--paper); color: var(--ink);
}
.size { font-size: .88em; color: var(--ink-soft); }
/* Longer than a small phone has room for: it scrolls, rather than that its buttons are out of reach. */
.foot:has(.leave:not([hidden])) { flex: 0 1 auto; min-height: 0; overflow-y: auto; }
.leave fieldset { display: flex; flex-wrap: wrap; gap: 0 1.25em; margin: 0; padding: 0; border: 0; }
.leave legend { padding: 0; font-weight: 650; }
.way { display: flex; align-items: center; gap: .5em; }
.way input { width: 1.25em; height: 1.25em; margin: 0; accent-color: var(--accent); }
.way label { display: flex; flex: 1; align-items: center; min-height: 44px; }
.contact { width: 100%; min-height: 48px; margin-block: .2em .5em; padding: .4em .75em; border: 1.5px solid var(--edge); border-radius: 10px; background: var(--paper); color: var(--ink); font: inherit; }
.over .contact { border: 2px solid var(--alert); }
.leave .send { scroll-margin-block: .8em; }
.leave .field { flex-wrap: wrap; align-items: center; gap: .2em 1em; }
.hint { font-size: .92em; line-height: 1.4; color: var(--ink-soft); }
.hint:not(:empty) { margin-bottom: .5em; }
.over .hint { color: var(--alert); font-weight: 600; }
`;

const CONDITIONS = `
.short .who h2 { display: none; }
.short .tools { margin-top: .35em; }
.short .phone .hours { display: none; }
.short textarea { max-height: 4.2em; }
@media (max-width: 40rem), (max-height: 26rem) {
  .panel, .large-type .panel, .left .panel {
    top: var(--visible-top, 0); left: 0; right: 0; bottom: auto;
    width: auto; max-width: none; height: var(--visible-height, 100dvh); max-height: none; border: 0; border-radius: 0;
  }
  .head { padding-top: calc(.7em + env(safe-area-inset-top)); }
  .head, .log, .composer { padding-inline: calc(.8em + env(safe-area-inset-left)) calc(.8em + env(safe-area-inset-right)); }
}
/* Little height, as at 400 % zoom: the whole panel scrolls; the way to a person, the way out and the field stay in reach. */
@media (max-height: 26rem) {
  .panel, .large-type .panel { overflow-y: auto; scroll-padding-block: 3.6rem 4.5rem; }
  .head { display: contents; }
  .who, .tools, .phone { margin: 0; padding: .4em calc(.8em + env(safe-area-inset-right)) .4em calc(.8em + env(safe-area-inset-left)); background: var(--head); color: var(--head-ink); }
  .who { padding-top: calc(.6em + env(safe-area-inset-top)); }
  .tools { position: sticky; top: 0; z-index: 1; padding-block: .2em; }
  .to-human { padding-block: 0; }
  /* Below the way to a person, so that "offline" or a refused file is read wherever somebody is. */
  .status { position: sticky; top: calc(44px + .4rem); z-index: 1; }
  .who .plain { border-color: color-mix(in srgb, var(--head-ink) 65%, transparent); }
  /* The page's zoom has made these large already. */
  .large-type :is(.who, .tools, .phone) { font-size: max(17px, 1.0625rem); }
  .who .mark, .who .initials { display: none; }
  .composer { padding: .3em calc(.45em + env(safe-area-inset-right)) .3em calc(.45em + env(safe-area-inset-left)); }
  .composer .field { gap: .35em; }
  textarea { padding-inline: .4em; }
  .short .tools { margin-top: 0; }
  :is(.who, .tools, .phone) :focus-visible { outline-color: var(--head-ink); }
  .log { flex: 1 0 auto; overflow: visible; }
  .foot { position: sticky; bottom: 0; z-index: 1; display: flex; flex-wrap: wrap; background: var(--paper); border-top: 1px solid var(--line); }
  .foot:has(.leave:not([hidden])) { position: static; flex: none; overflow: visible; }
  .foot .composer { flex: 1 1 0; min-width: 0; border-top: 0; }
  .end { display: contents; }
  .typing { order: -1; flex: 1 0 100%; padding-block: .2em 0; }
  /* In the field's own row and without its words: no further line is lost to it. */
  .jump { flex: none; width: 48px; padding: 0; }
  .jump span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
}
@media (max-width: 26rem) {
  .to-human { padding-inline: .3em; }
  .to-human .icon { display: none; }
}
@media (max-width: 22rem) {
  .send span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .send { padding: .4em; }
  textarea { padding-inline: .5em; }
  .message { max-width: 100%; }
  .who { gap: .6em; }
}
@media (prefers-reduced-motion: no-preference) {
  .panel { animation: rise .16s ease-out; }
  @keyframes rise { from { opacity: 0; transform: translateY(10px); } }
}
@media (prefers-contrast: more) {
  :host { --line: var(--ink); --edge: var(--ink); --own-edge: var(--ink); --human-edge: var(--ink); --ink-soft: var(--ink); }
}
@media (forced-colors: active) {
  .message.notice { border-color: CanvasText; }
  .head { border-bottom: 1px solid CanvasText; }
  .plain[aria-pressed="true"] { border-width: 4px; }
  .to-human[aria-disabled="true"], .choices button:disabled { color: GrayText; }
}
@media print { .launcher { display: none; } }
`;

const sheetOf = (rules) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(rules);
  return sheet;
};

/** The widget's sheets, with a page's own rules for its colours behind. */
export function styles(colours) {
  return [THEME + FRAME + THREAD + COMPOSER + CONDITIONS, colours].filter(Boolean).map(sheetOf);
}
