/**
 * The page with the customer's own record, in a tab of its own.
 *
 * Guarantee: the conversation's token travels in the body of a form, never in an address.
 */
import { h } from "./dom.js";

export function openRecord(base, token, language) {
  const field = (name, value) => h("input", { type: "hidden", name, value });
  const form = h(
    "form",
    { method: "post", action: new URL("../record", base).href, target: "_blank", rel: "noopener", hidden: true },
    field("token", token || ""),
    field("lang", language),
  );
  document.body.append(form);
  form.submit();
  form.remove();
}
