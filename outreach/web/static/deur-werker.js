// Opens the list at the door without a connection: the page as it was last, its script and style.
// What was pressed meanwhile is kept and sent by deur.js; this file knows nothing of it.
const STORE = "deur";

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(open(request, pathname));
  else if (pathname.startsWith("/static/")) event.respondWith(kept(request));
});

async function open(request, pathname) {
  const store = await caches.open(STORE);
  try {
    const answer = await fetch(request);
    // A search is no page of its own; a link that was taken back leaves nothing behind.
    if (answer.ok && !new URL(request.url).search) await store.put(pathname, answer.clone());
    if (answer.status === 404 || answer.status === 410) await store.delete(pathname);
    return answer;
  } catch (fault) {
    const found = await store.match(pathname);
    if (found) return found;
    throw fault;
  }
}

// Names in /static/ hold a hash of the content: what is kept is right.
async function kept(request) {
  return (await caches.match(request)) || fetch(request);
}
