/**
 * Building and updating DOM nodes.
 *
 * Guarantee: whatever a customer, a colleague or the CRM wrote enters the page as a text node or
 * an attribute of a fixed name, never as markup. There is no innerHTML anywhere in the desk.
 */

/** Makes an element. `on` holds listeners, `data` becomes data-*; null, undefined and false are left out. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    else if (name === "data") for (const [key, item] of Object.entries(value)) { if (item != null) element.dataset[key] = item; }
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

/** Appends strings, numbers, nodes and nested lists; skips null, undefined and false. */
export function append(parent, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    parent.append(child instanceof Node ? child : String(child));
  }
  return parent;
}

export function replace(parent, ...children) {
  parent.replaceChildren();
  return append(parent, children);
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Makes `parent`'s children match `items` in order, keeping the node of each key, so that focus,
 * selection and scroll position survive an update. Only nodes that are out of place are moved.
 */
export function reconcile(parent, items, keyOf, create, update) {
  const known = parent.nodesByKey ?? new Map();
  const next = new Map();
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  let cursor = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    const node = known.get(key) ?? create(item);
    update(node, item);
    next.set(key, node);
    if (node === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(node, cursor);
  }
  for (const [key, node] of known) if (!next.has(key)) node.remove();
  parent.nodesByKey = next;
  if (focused && focused !== document.activeElement && parent.contains(focused)) focused.focus({ preventScroll: true });
}

/** Says something once to screen readers, politely. Several calls in a row are said together. */
let waitingWords = [];
export function announce(text) {
  if (waitingWords.push(text) > 1) return;
  setTimeout(() => {
    const words = waitingWords.join(" ");
    waitingWords = [];
    replace(document.getElementById("announcer"), h("p", {}, words));
  }, 150);
}
