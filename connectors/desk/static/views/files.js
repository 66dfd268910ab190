/**
 * Files: those of an entry in the thread, and those beside the text field on their way to the customer.
 *
 * Guarantee: a file's name is shown as text; only pictures are shown in the page, everything else is saved. A choice,
 * a paste and a drop end in the same place, and what is refused says why.
 */

import { h, reconcile, replace } from "../dom.js";
import { icon } from "../icons.js";
import { ACCEPTED } from "../uploads.js";
import { language, say, sayNamed } from "../wording.js";

const SHOWN = ["image/jpeg", "image/png", "image/webp"];
const KB = 1024;

function sizeOf(bytes) {
  return bytes < KB * KB
    ? say("desk_file_kb", { n: Math.max(1, Math.round(bytes / KB)) })
    : say("desk_file_mb", { n: (bytes / KB / KB).toLocaleString(language(), { maximumFractionDigits: 1 }) });
}

/** The files of an entry; `current` knows by id how they stand now, where that may have changed since. */
export function fileList(event, current) {
  if (!event.files?.length) return null;
  return h("ul", { class: "files" }, event.files.map((file) => fileView({ ...file, ...current.get(file.id) })));
}

function fileView(file) {
  const what = sayNamed("desk_attachment_kind", file.kind);
  const name = file.file_name ?? file.name;
  const address = `/desk/api/attachments/${encodeURIComponent(file.id)}`;
  if (file.state !== "stored") return h("li", { class: "file" }, icon("file"), h("span", {}, what), h("span", { class: "tag" }, sayNamed("desk_attachment", file.state)));
  return h("li", { class: "file" },
    SHOWN.includes(file.media_type) && h("a", { href: address, target: "_blank", rel: "noopener" }, h("img", { src: address, alt: name ? `${what}: ${name}` : what, loading: "lazy" })),
    h("a", { class: "file-link", href: address, target: "_blank", rel: "noopener", download: SHOWN.includes(file.media_type) ? null : name ?? what },
      icon("file"), h("bdi", {}, name ?? what), h("span", { class: "muted" }, sizeOf(file.size))));
}

/** The attach button and the list of files beside the text field. */
export class Attach {
  constructor(desk, id) {
    this.desk = desk;
    this.id = id;
    this.input = h("input", { type: "file", class: "visually-hidden", multiple: true, accept: ACCEPTED, tabindex: -1, "aria-hidden": "true", on: { change: () => this.chosen() } });
    this.button = h("button", { type: "button", class: "icon-button attach", data: { action: "attach" }, "aria-label": say("desk_attach"), title: say("desk_attach"), on: { click: () => this.input.click() } }, icon("attach"));
    this.list = h("ul", { class: "uploads", "aria-label": say("desk_uploads") });
    this.off = desk.state.on("uploads", (changed) => { if (changed === id) this.draw(); });
    this.draw();
  }

  /** Takes what is pasted into or dropped on this element, if it is files. */
  listen(element) {
    element.addEventListener("paste", (event) => this.take(event, event.clipboardData));
    element.addEventListener("drop", (event) => this.take(event, event.dataTransfer));
    element.addEventListener("dragover", (event) => { if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); });
  }

  remove() {
    this.off();
  }

  /** A private note takes no files: they would go to the customer. */
  enable(wanted) {
    this.enabled = wanted;
    this.button.hidden = this.list.hidden = !wanted;
    if (wanted) this.draw();
  }

  get staged() {
    return this.desk.uploads.staged(this.id).length > 0;
  }

  send(text) {
    this.desk.uploads.release(this.id, text);
  }

  take(event, transfer) {
    if (!transfer?.files.length || !this.enabled) return;
    event.preventDefault();
    for (const file of transfer.files) this.desk.uploads.stage(this.id, file);
  }

  chosen() {
    for (const file of this.input.files) this.desk.uploads.stage(this.id, file);
    this.input.value = "";
    this.after?.();
  }

  draw() {
    const items = this.desk.uploads.of(this.id);
    this.list.hidden = !items.length || !this.enabled;
    reconcile(this.list, items, (item) => item.id, (item) => this.itemView(item), (node, item) => this.drawState(node, item));
  }

  itemView(item) {
    return h("li", { class: "upload" }, icon("file"), h("bdi", { class: "upload-name" }, item.file.name), h("span", { class: "muted" }, sizeOf(item.file.size)), h("div", { class: "upload-state" }));
  }

  drawState(node, item) {
    const percent = Math.round(item.progress * 100);
    if (node.print === item.state && item.state !== "sending") return;
    const state = node.querySelector(".upload-state");
    if (node.print === "sending" && item.state === "sending") {
      state.querySelector("progress").value = percent;
      return;
    }
    node.print = item.state;
    node.dataset.state = item.state;
    const waits = item.state === "sending" || item.state === "queued";
    replace(state,
      waits && h("progress", { max: 100, value: percent, "aria-label": say("desk_upload_progress", { name: item.file.name }) }),
      item.state === "queued" && h("span", { class: "muted" }, say("desk_upload_queued")),
      item.state === "refused" && h("span", { role: "alert" }, icon("warn"), item.reason),
      item.state !== "sending" && h("button", { type: "button", class: "link-button", on: { click: () => this.desk.uploads.discard(item) } }, say("desk_upload_remove")));
  }
}
