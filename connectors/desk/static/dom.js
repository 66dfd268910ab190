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
    if (name === "on") listen(element, value);
    else if (name === "data") for (const [key, item] of Object.entries(value)) { if (item != null) element.dataset[key] = item; }
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

function listen(element, listeners) {
  element.listens = true;
  for (const [type, listener] of Object.entries(listeners)) element.addEventListener(type, listener);
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
  for (const item of items) next.set(keyOf(item), known.get(keyOf(item)) ?? create(item));
  // First what has gone: else everything behind it would be moved, under a pointer that is just pressing there.
  for (const [key, node] of known) if (!next.has(key)) node.remove();
  let cursor = parent.firstChild;
  for (const item of items) {
    const node = next.get(keyOf(item));
    update(node, item);
    // One that goes further down makes way, rather than that all others move up.
    if (cursor && node === cursor.nextSibling) parent.append(cursor);
    else if (node !== cursor) {
      parent.insertBefore(node, cursor);
      continue;
    }
    cursor = node.nextSibling;
  }
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
