// Arrow keys on the tile map: one tab stop, the nearest tile in the direction of the key.
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function place(link) {
  const tile = link.querySelector("rect");
  return [Number(tile.getAttribute("x")), Number(tile.getAttribute("y"))];
}

function neighbour(links, from, [dx, dy]) {
  const [x, y] = place(from);
  let best = null;
  let least = Infinity;
  for (const link of links) {
    const [u, v] = place(link);
    const along = (u - x) * dx + (v - y) * dy;
    const aside = Math.abs((u - x) * dy) + Math.abs((v - y) * dx);
    if (along > 0 && along + 3 * aside < least) {
      least = along + 3 * aside;
      best = link;
    }
  }
  return best;
}

function goTo(links, link) {
  for (const other of links) other.setAttribute("tabindex", "-1");
  link.setAttribute("tabindex", "0");
  link.focus();
}

for (const map of document.querySelectorAll("[data-map]")) {
  const links = [...map.querySelectorAll("a")];
  const phone = window.matchMedia("(max-width: 767px)");
  const settle = () => {
    // On a phone the tiles are too small to touch: a picture, with the table below it.
    map.setAttribute("role", phone.matches ? "img" : "group");
    links.forEach((link, n) => {
      link.dataset.to ??= link.getAttribute("href");
      if (phone.matches) {
        link.removeAttribute("href");
        link.removeAttribute("tabindex");
      } else {
        link.setAttribute("href", link.dataset.to);
        link.setAttribute("tabindex", n === 0 ? "0" : "-1");
      }
    });
  };
  settle();
  phone.addEventListener("change", settle);
  map.addEventListener("keydown", (event) => {
    const here = event.target.closest("a");
    if (!here || event.ctrlKey || event.altKey || event.metaKey) return;
    let next = null;
    if (event.key in STEPS) next = neighbour(links, here, STEPS[event.key]);
    else if (event.key === "Home") next = links[0];
    else if (event.key === "End") next = links[links.length - 1];
    else return;
    event.preventDefault();
    if (next) goTo(links, next);
  });
}
