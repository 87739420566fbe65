// The guide. data: {name, server, context, findings, blockers, warnings, questions, alerts, components, choices, schema, command}.
const { questions } = data;
const answers = Object.fromEntries(questions.map((each) => [each.id, each.chosen]));
const entered = Object.fromEntries(questions.map((each) => [each.id, Object.fromEntries(each.options.flatMap((option) => option.fields).map((field) => [field.name, field.value]))]));
const pages = [{ id: "start", short: "Found", title: "What was found" }, ...questions, { id: "end", short: "Your file", title: "Your choices" }];
const visited = new Set(["start"]);

const option = (question) => question.options.find((each) => each.id === answers[question.id]);
/** Whether an answer is given: an option, or one of its boxes is ticked (OPTION.BOX). */
const holds = (id, answer) => answer.split(".")[0] === answers[id] && (!answer.includes(".") || entered[id][answer.split(".")[1]]);
/** Whether a question is asked, by the answers to those before. */
const asked = (question) => Object.entries(question.when ?? {}).every(([id, options]) => options.some((each) => holds(id, each)));
const askedQuestions = () => questions.filter(asked);
const askedPages = () => pages.filter((each) => !questions.includes(each) || asked(each));

// --- what the answers mean

/** What is wrong with a field's text, or nothing. */
function wrong(question, field) {
  const text = entered[question.id][field.name];
  if (field.on) return null;
  const needed = field.required && !(field.unless && entered[question.id][field.unless]);
  if (text === "") return needed ? `${field.label} is missing.` : null;
  return new RegExp(`^(?:${field.pattern})$`).test(text) ? null : field.wrong ?? `${field.label} is not right.`;
}

function problems(question) {
  const { fields, least } = option(question);
  return [...fields.map((field) => wrong(question, field)), least && !fields.some((field) => entered[question.id][field.name]) && least].filter(Boolean);
}

function alertsFor(id) {
  return data.alerts.filter((each) => Object.entries(each.when).every(([name, options]) => options.includes(answers[name]) && askedQuestions().some((question) => question.id === name)) && (!id || id in each.when));
}

/** A value in an object, at a path with dots; lists are joined. Without a value there is nothing at that path. */
function put(object, path, value) {
  const names = path.split("."), last = names.pop();
  const parent = names.reduce((each, name) => (value === undefined ? each?.[name] : (each[name] ??= {})), object);
  if (value === undefined) { if (parent) delete parent[last]; return; }
  parent[last] = Array.isArray(value) && Array.isArray(parent[last]) ? [...parent[last], ...value] : structuredClone(value);
}

/** The variables that the answers make, beside the choices that the user had made before. */
function choices() {
  const variables = structuredClone(data.choices);
  const parameters = structuredClone(variables.kubeflow_parameters ?? {});
  // What belongs to an answer that was not given must not stay from before.
  for (const question of questions) {
    for (const other of question.options) {
      for (const name of [...Object.keys(other.set), ...other.fields.map((field) => field.name)]) {
        put(variables, name);
        for (const component of Object.keys(parameters)) if (parameters[component]) delete parameters[component][name];
      }
    }
  }
  const set = (name, value) => {
    if (name.includes("_")) put(variables, name, value);
    for (const component of data.components[name] ?? []) (parameters[component] ??= {})[name] = value;
  };
  const everywhere = Object.assign({}, ...askedQuestions().map((each) => entered[each.id]));
  for (const question of askedQuestions()) {
    const chosen = option(question), texts = entered[question.id];
    for (const [name, value] of Object.entries(chosen.set)) set(name, value);
    for (const field of chosen.fields) {
      if (!field.on && texts[field.name] !== "") set(field.name, texts[field.name]);
      if (field.on && texts[field.name]) {
        for (const [name, value] of Object.entries(field.on)) set(name, typeof value === "string" && value[0] === "=" ? everywhere[value.slice(1)] : value);
      }
    }
  }
  delete variables.kubeflow_parameters;
  const kept = Object.fromEntries(Object.entries(parameters).filter(([, all]) => all && Object.keys(all).length));
  return Object.keys(kept).length ? { ...variables, kubeflow_parameters: kept } : variables;
}

/** YAML that every parser reads alike: text is plain only where it can be nothing else. */
function yaml(value, indent = "") {
  if (value === null || typeof value !== "object") {
    const plain = typeof value === "string" && /^[a-z][a-z0-9_./-]*$/i.test(value) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value);
    // JSON is YAML but for what YAML takes for the end of a line or does not take at all.
    return plain ? value : JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);
  }
  const entries = Object.entries(value);
  if (!entries.length) return Array.isArray(value) ? "[]" : "{}";
  const below = (each) => (each !== null && typeof each === "object" && Object.keys(each).length ? `\n${yaml(each, `${indent}  `)}` : ` ${yaml(each)}`);
  return entries.map(([key, each]) => `${indent}${Array.isArray(value) ? "-" : `${yaml(key)}:`}${below(each)}`).join("\n");
}

const choicesFile = () => `---\n# Choices for kubeflow.bootstrap, made with its guide for ${data.server.replace(/[^\x20-\x7e]/g, "?")}\n${yaml(choices())}\n`;

// --- the pages

function start() {
  const list = data.findings.map((each) => h("div", {}, h("dt", {}, each.what), h("dd", {}, each.value, h("small", {}, each.why))));
  return [h("p", {}, `${plural(askedQuestions().length, "question")}, then there is a file and a command. Everything else is chosen for your cluster, each value with its reason. Nothing leaves this page.`),
    stops(), h("h3", { class: "unseen" }, "The cluster"), h("dl", { class: "facts findings" }, list),
    data.warnings.length ? h("details", {}, h("summary", {}, `What to know about it (${data.warnings.length})`), h("ul", {}, data.warnings.map((each) => advice(each, "warn")))) : null];
}

function stops() {
  if (!data.blockers.length) return null;
  return h("div", { class: "alerts" }, h("h3", {}, "This can't work as it is"), h("ul", {}, data.blockers.map((each) => advice(each, "bad"))),
    h("p", { class: "quiet small" }, "Your answers may fix it. If not, fix it first; the command stops before anything is written."));
}

function ask(question) {
  const alerts = h("ul", { class: "alerts", role: "status", "aria-live": "polite" });
  const warn = () => alerts.replaceChildren(...alertsFor(question.id).map((each) => h("li", { class: `note ${each.stops ? "bad" : "warn"}` }, each.text)));
  const more = question.options.map((each) => h("div", { class: "fields" }, each.fields.map((field) => entry(question, each, field))));
  const boxes = question.options.map((each, index) => {
    const input = h("input", { type: "radio", name: question.id, value: each.id, disabled: Boolean(each.never), checked: answers[question.id] === each.id, "aria-describedby": `${question.id}-${index}` });
    input.addEventListener("change", () => { answers[question.id] = each.id; show(); });
    return h("div", { class: `option ${each.never ? "off" : ""}` }, h("label", {}, input, h("span", {}, h("strong", {}, each.label),
      h("span", { class: "more", id: `${question.id}-${index}` }, each.more, each.never && h("span", { class: "never" }, each.never)))), more[index]);
  });
  const show = () => {
    question.options.forEach((each, index) => { more[index].hidden = answers[question.id] !== each.id || !each.fields.length; });
    warn();
  };
  show();
  refreshers.push(warn);
  return [h("p", { class: "quiet", id: `${question.id}-why` }, question.why), question.findings.length ? h("ul", { class: "findings" }, question.findings.map((each) => h("li", {}, each))) : null,
    h("fieldset", { "aria-describedby": `${question.id}-why` }, h("legend", { class: "unseen" }, question.title), h("div", { class: "options" }, boxes)), alerts];
}

function entry(question, owner, field) {
  const id = `${question.id}-${owner.id}-${field.name}`, texts = entered[question.id];
  const help = h("span", { class: "quiet small", id: `${id}-help` }, field.help);
  if (field.on) {
    const box = h("input", { type: "checkbox", id, checked: Boolean(texts[field.name]), "aria-describedby": `${id}-help` });
    box.addEventListener("change", () => {
      texts[field.name] = box.checked;
      // It may be what makes good for a field that was marked as missing.
      checks.filter(([id, holder, , input]) => id === question.id && holder === owner.id && input.getAttribute("aria-invalid") === "true").forEach(([, , check]) => check());
    });
    return h("div", { class: "field" }, h("label", { class: "check" }, box, field.label), help);
  }
  const input = h("input", { id, value: texts[field.name], placeholder: field.example, autocomplete: "off", spellcheck: "false", autocapitalize: "off", "aria-describedby": `${id}-help ${id}-wrong`, "aria-required": String(Boolean(field.required && !field.unless)) });
  const message = h("p", { class: "wrong", id: `${id}-wrong` });
  const check = () => {
    const problem = wrong(question, field);
    message.textContent = problem ?? "";
    input.setAttribute("aria-invalid", String(Boolean(problem)));
  };
  input.addEventListener("input", () => { texts[field.name] = input.value.trim(); if (message.textContent) check(); });
  input.addEventListener("change", check);
  checks.push([question.id, owner.id, check, input]);
  return h("div", { class: "field" }, h("label", { for: id }, field.label, field.required && !field.unless ? null : " (may be left empty)"), help, input, message);
}

function end() {
  const open = askedQuestions().filter((each) => problems(each).length), against = alertsFor().filter((each) => each.stops);
  const text = choicesFile();
  const summary = h("dl", { class: "facts" }, askedQuestions().map((each) => h("div", {}, h("dt", {}, each.title), h("dd", {}, option(each).label,
    h("small", {}, option(each).fields.map((field) => entered[each.id][field.name] && (field.on ? field.label : entered[each.id][field.name])).filter(Boolean).join(", "))))));
  if (open.length || against.length) {
    return [h("p", {}, "Something is missing before there is a file."), h("ul", { class: "alerts" },
      open.flatMap((each) => problems(each).map((problem) => h("li", { class: "note bad" }, h("p", {}, `${each.title} ${problem}`), h("button", { type: "button", onclick: () => go(each.id) }, "Go there")))),
      against.map((each) => h("li", { class: "note bad" }, h("p", {}, each.text), h("button", { type: "button", onclick: () => go(Object.keys(each.when)[0]) }, "Go there"))))];
  }
  const save = h("button", { type: "button", class: "main", id: "save", onclick: () => {
    const link = h("a", { href: URL.createObjectURL(new Blob([text], { type: "application/yaml" })), download: "choices.yml" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    byId("announcement").textContent = "choices.yml was saved.";
  } }, "Save choices.yml");
  const copied = h("button", { type: "button", class: "large" }, "Copy");
  copied.addEventListener("click", () => copy(text, copied));
  const warned = alertsFor().filter((each) => !each.stops);
  return [summary, stops(), warned.length ? h("ul", { class: "alerts" }, warned.map((each) => h("li", { class: "note warn" }, each.text))) : null,
    h("h3", {}, "1. Save the file"), h("div", { class: "bar" }, save, copied), h("pre", { class: "file", id: "choices", tabindex: 0, "aria-label": "The file choices.yml" }, text),
    h("h3", { class: "second" }, "2. Where you saved it, run"), command(data.command),
    h("p", { class: "quiet small" }, option(questions.find((each) => each.id === "run")).set.kubeflow_apply
      ? "It asks the cluster once more, stops before the first write if there is a blocker, and ends with report.html, which says how to get in."
      : "It writes the folder kubeflow-app and a report, and changes nothing in the cluster. When you like what you see, add -e kubeflow_apply=true.")];
}

const refreshers = [], checks = [], bodies = new Map();

function build() {
  pages.forEach((each, index) => {
    const body = h("div", {}), heading = h("h2", { tabindex: -1, id: `${each.id}-title` }, each.title);
    bodies.set(each.id, body);
    byId("content").append(h("section", { class: "sheet", id: each.id, hidden: index > 0, "aria-labelledby": `${each.id}-title` },
      h("div", { class: "head" }, heading, questions.includes(each) && h("p", { class: "number" })), body,
      h("div", { class: "turn" }, index > 0 && h("button", { type: "button", class: "large", onclick: () => go(beside(each, -1).id) }, "Back"),
        each.id !== "end" && h("button", { type: "button", class: "main next", onclick: () => leave(each) }, index ? (pages[index + 1].id === "end" ? "To the file" : "Next") : "Begin"))));
    byId("way").append(h("li", {}, h("button", { type: "button", "data-page": each.id, onclick: () => go(each.id) }, each.short)));
    if (each.id === "start") body.append(...start().filter(Boolean));
    else if (each.id !== "end") body.append(...ask(each).filter(Boolean));
  });
}

/** The page that is asked before (-1) or after (1) another one. */
function beside(page, step) {
  const all = askedPages();
  return all[all.indexOf(page) + step];
}

/** Go on, unless a field of this page is not right; then to that field. */
function leave(page) {
  const mine = checks.filter(([id, owner]) => id === page.id && owner === answers[page.id]);
  mine.forEach(([, , check]) => check());
  const bad = mine.find(([, , , input]) => input.getAttribute("aria-invalid") === "true");
  if (bad) bad[3].focus();
  else go(beside(page, 1).id);
}

function go(id, focus = true) {
  visited.add(id);
  bodies.get("end").replaceChildren(...end().filter(Boolean));
  refreshers.forEach((each) => each());
  pages.forEach((each) => { byId(each.id).hidden = each.id !== id; });
  askedQuestions().forEach((each, index, all) => { byId(each.id).querySelector(".number").textContent = `Question ${index + 1} of ${all.length}`; });
  byId("way").querySelectorAll("button").forEach((each) => {
    const current = each.dataset.page === id;
    each.parentElement.hidden = !askedPages().some((page) => page.id === each.dataset.page);
    current ? each.setAttribute("aria-current", "step") : each.removeAttribute("aria-current");
    each.classList.toggle("answered", !current && visited.has(each.dataset.page));
  });
  if (focus) {
    byId(`${id}-title`).focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

document.title = `${data.name}: guide`;
byId("where").append([data.server, data.context && `context ${data.context}`].filter(Boolean).join(" · "));
build();
go("start", false);
addEventListener("beforeprint", () => bodies.get("end").replaceChildren(...end().filter(Boolean)));
document.documentElement.dataset.ready = "true";
