/**
 * Bringing what is on screen up to date without taking it away.
 *
 * Guarantee: a node that still has its place in the new content stays the same node. An open menu stays open, a folded
 * part stays as the reader left it, and focus, selection, scroll position and a button that is just being pressed
 * survive, however many changes arrive. What was typed into a field is never overwritten.
 *
 * An element with listeners stays only where old and new have the same data-key. Its listeners are then those of the
 * first one: they may use what belongs to that key, and find their neighbours from the event. Inside data-kept nothing
 * is touched: that content is its own.
 */

/** What the reader decides, or the page sets later: new content does not take it back. */
const LEFT = new Set(["open", "style"]);

/** Makes `parent`'s children those of `content`: nodes, strings, nested lists; null, undefined, false and "" are left out. */
export function morph(parent, ...content) {
  const keyed = new Map([...parent.children].filter((child) => child.dataset.key).map((child) => [child.dataset.key, child]));
  let cursor = parent.firstChild;
  for (const next of nodesOf(content)) {
    const key = next.dataset?.key;
    const known = key ? keyed.get(key) : following(cursor, next);
    if (!known || !alike(known, next)) {
      parent.insertBefore(next, cursor);
      continue;
    }
    // What stood between has no place any more, except what has a key and may come later.
    while (cursor && cursor !== known && !cursor.dataset?.key) cursor = remove(cursor);
    if (known === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(known, cursor);
    become(known, next);
  }
  while (cursor) cursor = remove(cursor);
}

function nodesOf(content) {
  return content.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== "")
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}

function remove(node) {
  const { nextSibling } = node;
  node.remove();
  return nextSibling;
}

/** The first node from here on that can become this one. */
function following(from, next) {
  for (let one = from; one; one = one.nextSibling) if (alike(one, next)) return one;
  return null;
}

function alike(one, next) {
  if (one.nodeName !== next.nodeName) return false;
  if (one.nodeType !== Node.ELEMENT_NODE) return true;
  const { key } = next.dataset;
  return one.dataset.key === key && one.classList[0] === next.classList[0] && (key !== undefined || !(one.listens || next.listens));
}

function become(node, next) {
  if (node.nodeType !== Node.ELEMENT_NODE) {
    if (node.data !== next.data) node.data = next.data;
    return;
  }
  if ("kept" in node.dataset) return;
  for (const { name } of [...node.attributes]) if (!LEFT.has(name) && !next.hasAttribute(name)) node.removeAttribute(name);
  for (const { name, value } of next.attributes) if (name !== "open" && node.getAttribute(name) !== value) node.setAttribute(name, value);
  morph(node, [...next.childNodes]);
  if (node.nodeName === "SELECT" && node.value !== next.value) node.value = next.value;
}
