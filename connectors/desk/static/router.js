/**
 * The address bar as state: #/{view}/{conversation}/{panel}, so that reload, back and a shared link
 * lead to the same place. An address that makes no sense leads to the waiting list.
 */

export const VIEWS = ["waiting", "mine", "team"];

export function currentRoute() {
  const [, view, id, panel] = location.hash.split("/");
  return {
    view: VIEWS.includes(view) ? view : "waiting",
    id: id ? decodeURIComponent(id) : null,
    details: panel === "details",
  };
}

export function routeTo({ view, id = null, details = false }) {
  let hash = `#/${view}`;
  if (id) hash += `/${encodeURIComponent(id)}`;
  if (id && details) hash += "/details";
  return hash;
}

/** Changes parts of the route; `replace` leaves no entry in the history. */
export function navigate(change, { replace = false } = {}) {
  const hash = routeTo({ ...currentRoute(), ...change });
  if (hash === location.hash) return;
  if (replace) {
    history.replaceState(null, "", hash);
    dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    location.hash = hash;
  }
}

export function onRoute(listener) {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}
