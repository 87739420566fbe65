// What all pages use. Text from data reaches the page as text only: nothing here takes HTML.
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);

/** An element with properties (on... is a listener, others are attributes) and children, which are nodes or text. */
function h(name, properties = {}, ...children) {
  return filled(document.createElement(name), properties, children);
}

/** The same for SVG. */
function s(name, properties = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), properties, children);
}

function filled(node, properties, children) {
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return node;
}

const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value));
const gib = (bytes) => `${Math.round(bytes / 2 ** 30)} GiB`;
const mark = (kind, text) => h("span", { class: `tag ${kind}` }, text);

async function copy(text, button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A page from disk may not be given the clipboard; what is selected may always be copied.
    const area = h("textarea", { class: "unseen", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
    button.focus();
  }
  const before = button.dataset.label ??= button.textContent;
  button.textContent = done ? "Copied" : "Select and copy it by hand";
  byId("announcement").textContent = button.textContent;
  setTimeout(() => { button.textContent = before; }, 1500);
}

function command(text) {
  const button = h("button", { type: "button", "aria-label": `Copy the command ${text}` }, "Copy");
  button.addEventListener("click", () => copy(text, button));
  return h("div", { class: "command" }, h("pre", {}, text), button);
}

function advice(item, kind) {
  return h("li", { class: `note ${kind}` }, h("p", {}, item.reason), item.fix && h("p", { class: "fix" }, item.fix),
    item.command && command(item.command));
}

// --- reports

function section(id, title, lead, ...content) {
  byId("sections").append(h("li", {}, h("a", { href: `#${id}` }, title)));
  const sheet = h("section", { class: "sheet", id, "aria-labelledby": `${id}-title` },
    h("div", { class: "head" }, h("h2", { id: `${id}-title` }, title), lead && h("p", {}, lead)), ...content);
  byId("content").append(sheet);
  return sheet;
}

const FIRST = 20, CHUNK = 50, turns = new WeakMap();

/** Draw the rows of a table: at once what a window shows, the others in chunks, between which keys are heard. Only the last call goes on. */
function drawRows(table, items, row, atOnce = false) {
  const mine = (turns.get(table) ?? 0) + 1;
  turns.set(table, mine);
  table.querySelectorAll("tbody").forEach((each) => each.remove());
  let from = 0;
  const more = () => {
    if (mine !== turns.get(table)) return;
    table.append(h("tbody", {}, items.slice(from, from += from ? CHUNK : FIRST).map(row)));
    if (from < items.length) atOnce ? more() : setTimeout(more);
  };
  more();
}

/** Values with how many have them, in order: numbers within names count as numbers. */
function tally(values) {
  const counts = new Map();
  for (const each of values) if (each) counts.set(each, (counts.get(each) ?? 0) + 1);
  return [...counts].sort(([one], [other]) => one.localeCompare(other, "en", { numeric: true }));
}

/** The section that is read is marked in the navigation: the last one that begins in the upper third of the window. */
function watchSections() {
  const links = new Map([...byId("sections").querySelectorAll("a")].map((each) => [each.hash.slice(1), each]));
  const sections = [...document.querySelectorAll("main > section")];
  if (!sections.length) return;
  let drawn = false;
  const draw = () => {
    drawn = false;
    const atEnd = scrollY > 0 && scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
    const begun = sections.filter((each) => each.getBoundingClientRect().top <= innerHeight / 3);
    const current = (scrollY === 0 ? sections[0] : atEnd ? sections.at(-1) : begun.at(-1) ?? sections[0]).id;
    links.forEach((link, id) => (id === current ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
  };
  const soon = () => { if (!drawn) { drawn = true; requestAnimationFrame(draw); } };
  addEventListener("scroll", soon, { passive: true });
  addEventListener("resize", soon);
  draw();
}

// On paper everything is unfolded.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((each) => { each.open = true; }));
