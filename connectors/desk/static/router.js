/**
 * The address bar as state: #/{view}/{conversation}/{panel}?{filters}, so that reload, back and a shared link
 * lead to the same place. An address that makes no sense leads to the waiting list.
 */

export const VIEWS = ["waiting", "mine", "team", "cases", "closed"];
/** What a list can be narrowed to, by the name in the address. */
export const FILTERS = ["q", "channel", "reason", "team"];

export function currentRoute() {
  const [path, query] = location.hash.split("?");
  const [, view, id, panel] = path.split("/");
  const given = new URLSearchParams(query ?? "");
  return {
    view: VIEWS.includes(view) ? view : "waiting",
    id: id ? decodeURIComponent(id) : null,
    details: panel === "details",
    filters: Object.fromEntries(FILTERS.filter((name) => given.get(name)).map((name) => [name, given.get(name)])),
  };
}

export function routeTo({ view, id = null, details = false, filters = currentRoute().filters }) {
  let hash = `#/${view}`;
  if (id) hash += `/${encodeURIComponent(id)}`;
  if (id && details) hash += "/details";
  const query = new URLSearchParams(filters).toString();
  return query ? `${hash}?${query}` : hash;
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
