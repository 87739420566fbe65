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
  byId("said").textContent = button.textContent;
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

// On paper everything is unfolded.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((each) => { each.open = true; }));
