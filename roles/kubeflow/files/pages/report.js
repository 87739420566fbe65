// The page about one run. data: {report, next, readiness, made}; report is what report.json holds.
const { report, next, readiness, made } = data;
const { facts, plan, outcome, comparison, application, failure, check, diff } = report;
// What applying would do, where that was only compared; nothing of it counts where it would be refused.
const compared = outcome || comparison?.msg ? null : comparison?.outcome;

const KIND_OF = {
  created: "good", changed: "change", replaced: "change", "taken over": "change", pruned: "warn", removed: "warn", kept: "warn",
  "left out": "warn", "not reached": "warn", refused: "bad", failed: "bad",
};
const WORST = ["bad", "warn", "change", "good", ""];

const objects = ((outcome ?? compared)?.objects ?? (check || application ? plan?.objects ?? [] : []).map((object) => ({ object, action: "planned" })))
  .map((each) => {
    const [type, path] = each.object.split(" ", 2);
    const text = [each.object, each.component, each.action, each.why].filter(Boolean).join(" ").toLowerCase();
    return { ...each, kind: type.split(".")[0], path, component: each.component ?? "", text };
  });

// --- the head

function head() {
  const name = plan?.application?.name ?? "Kubeflow";
  const changes = objects.some((each) => !["unchanged", "left alone", "kept", "left out"].includes(each.action));
  const [state, kind] = failure ? ["Failed", "bad"]
    : check ? ["Check only: nothing was written", "change"]
    : outcome ? [changes ? "Deployed" : "Unchanged", "good"]
    : application ? ["Written, not applied", "change"] : plan ? ["Planned", "change"] : ["Facts", "change"];
  byId("title").textContent = name;
  document.title = `${name}: ${state}`;
  byId("state").textContent = state;
  byId("state").classList.add(kind);
  const server = facts?.cluster?.server ?? plan?.cluster?.server;
  byId("where").append(...[server, plan && `namespace ${plan.namespace.value}`, outcome && `${outcome.seconds} s`]
    .filter(Boolean).flatMap((each, index) => [index ? " · " : "", each]));
  byId("made").append(`Written ${made} by kubeflow.bootstrap. The same as data: report.json.`);
}

/** The width within a sheet, in pixels. */
function room() {
  // Measured with one that is empty: a run that only deploys has none yet.
  const probe = h("section", { class: "sheet" });
  byId("content").append(probe);
  const width = probe.clientWidth - 40;
  probe.remove();
  return width;
}

// --- what to know first

function failed() {
  const sheet = section("failure", "What failed", null, h("p", {}, failure));
  sheet.classList.add("bad");
  // What the message says already is not repeated.
  const groups = Map.groupBy(objects.filter((each) => each.action === "failed" || each.action === "refused"), (each) => each.why ?? each.action);
  const untold = [...groups].filter(([why]) => !failure.includes(why));
  if (untold.length) {
    sheet.append(h("ul", {}, untold.slice(0, 10).map(([why, group]) => h("li", { class: "note bad small" }, sameFault(why, group)))));
    if (untold.length > 10) sheet.append(h("p", { class: "quiet small" }, `And ${untold.length - 10} more reasons among the objects below.`));
  }
}

/** What failed for one reason: one object by its name, several folded. */
function sameFault(why, group) {
  if (group.length === 1) return [h("code", {}, group[0].object), ` ${why}`];
  return [h("p", {}, `${plural(group.length, "object")}: ${why}`),
    h("details", {}, h("summary", {}, "Which"), h("ul", {}, group.map((each) => h("li", {}, h("code", {}, each.object)))))];
}

function blocked() {
  const ids = plan.blockers.map((each) => each.id);
  section("blockers", "What blocks it", "Nothing is written until this is fixed", h("ul", {}, plan.blockers.map((each) => advice(each, "bad"))),
    h("p", { class: "quiet small" }, "If you know better, ignore it:"), command(`-e '${JSON.stringify({ kubeflow_ignore: ids })}'`)).classList.add("bad");
}

function wouldFail() {
  section("would-fail", "Applying would fail", null, h("p", {}, comparison.msg)).classList.add("bad");
}

function warnings() {
  const unknown = facts?.cluster?.unknown ?? [];
  const left = plan.warnings;
  section("warnings", "Warnings", plural(left.length, "thing") + " to know or to fix", h("ul", {}, left.map((each) => advice(each, "warn"))),
    unknown.length ? h("p", { class: "quiet small" }, "Not readable: ", unknown.map((each) => `${each.what} (${each.why})`).join("; ")) : null);
}

function goOn() {
  section("next", "Next steps", null, next.map((line) => {
    const [text, comment] = line.split(/\s{3,}# /);
    return h("div", { class: "then" }, comment && h("p", { class: "small" }, comment[0].toUpperCase() + comment.slice(1)), command(text));
  }));
}

/** What it is fit for. What speaks against one audience speaks against the wider ones. */
function fit() {
  const failing = readiness.findIndex((each) => each.lacking.length);
  const widest = failing === -1 ? readiness.length : failing;
  section("readiness", "What it is fit for", widest ? `Fit for ${readiness[widest - 1].audience}` : "Not even for a trial as it is",
    h("dl", { class: "facts" }, readiness.map((each, index) => h("div", {}, h("dt", {}, each.audience[0].toUpperCase() + each.audience.slice(1)),
      h("dd", {}, mark(index < widest ? "good" : "warn", index < widest ? "ready" : "not ready"),
        each.lacking.length ? h("ul", { class: "lacking" }, each.lacking.map((item) => h("li", {}, item.reason, item.fix && h("p", { class: "fix" }, item.fix))))
          : index >= widest ? h("small", {}, `What ${readiness[failing].audience} lacks`) : null)))));
}

const UNITS = { m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50 };

/** A quantity of Kubernetes as a number; NaN if it is none. */
function quantity(text) {
  const [, number, unit] = /^([0-9.]+)([A-Za-z]*)$/.exec(String(text)) ?? [];
  return Number(number) * (unit ? UNITS[unit] ?? NaN : 1);
}

/** How many notebook servers fit into what is free now, and how many of them with a GPU; null: there are none, or it is not known. */
function capacity() {
  const core = Object.values(plan?.parameters ?? {}).find((each) => each.jupyterNotebookCpu && each.jupyterNotebookMemory);
  const { free, accelerators } = facts.cluster.nodes;
  if (!core || !free) return null;
  const [cpu, memory] = [core.jupyterNotebookCpu.value, core.jupyterNotebookMemory.value];
  const servers = Math.max(0, Math.floor(Math.min(free.cpu / quantity(cpu), free.memory / quantity(memory), free.pods)));
  if (!Number.isFinite(servers)) return null;
  const resource = core.gpuResource?.value;
  const gpus = accelerators.filter((each) => each.resource === resource).reduce((sum, each) => sum + each.count - (each.requested ?? 0), 0);
  return [plural(servers, "notebook server"), `${cpu} CPU and ${memory} each${gpus ? `, ${Math.min(gpus, servers)} of them with a GPU` : ""}`];
}

// --- the cluster

function cluster() {
  const { nodes, storage, distribution, version, load_balancer: balancer, ingress_classes: ingresses, addons } = facts.cluster;
  const { cloud } = facts;
  const tile = (term, value, more) => value && h("div", {}, h("dt", {}, term), h("dd", {}, value, more && h("small", {}, more)));
  const chosen = storage.classes.find((each) => each.default)?.name;
  section("cluster", "The cluster", facts.kubeconfig?.context && `context ${facts.kubeconfig.context}`, h("dl", { class: "facts" },
    tile("Kubernetes", version.git_version, distribution.name ? distribution.name : null),
    tile("Cloud", cloud?.provider, [cloud?.account, cloud?.region].filter(Boolean).join(", ")),
    tile("Nodes", `${nodes.usable} of ${nodes.count} take pods`, Object.entries(nodes.architectures).map(([name, count]) => `${count} ${name}`).join(", ")),
    tile("Room for pods", `${Math.round(nodes.allocatable.cpu * 10) / 10} CPU, ${gib(nodes.allocatable.memory)}`,
      nodes.free && `free: ${Math.round(nodes.free.cpu * 10) / 10} CPU, ${gib(nodes.free.memory)}`),
    tile("Fits in what is free", ...(capacity() ?? [])),
    tile("GPUs", nodes.accelerators.map((each) => `${each.count} ${each.resource}`).join(", ") || "none",
      nodes.accelerators.flatMap((each) => each.products).join(", ")),
    tile("Storage", chosen ?? (storage.classes.length ? "no default class" : "no storage class"),
      storage.classes.map((each) => each.name).filter((each) => each !== chosen).join(", ")),
    tile("Load balancer", balancer?.available ? "available" : balancer?.available === false ? "none" : "not known", balancer?.how),
    tile("Ingress classes", ingresses?.map((each) => each.name).join(", ") || "none"),
    tile("Already installed", [...new Set(addons?.map((each) => each.name))].join(", ")),
  ));
}

// --- values

function values() {
  const rows = [{ component: "", name: "namespace", ...plan.namespace },
    ...Object.entries(plan.parameters).flatMap(([component, all]) => Object.entries(all).map(([name, choice]) => ({ component, name, ...choice })))];
  const chosen = rows.filter((each) => each.source !== "default");
  const body = h("tbody", {});
  const all = h("input", { type: "checkbox", id: "all-values" });
  const search = h("input", { type: "search", id: "value-search", placeholder: "name, value or reason" });
  const count = h("p", { class: "quiet small", role: "status" });
  const draw = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const visible = (all.checked ? rows : rows.filter((each) => each.source !== "default" || !each.component))
      .filter((each) => words.every((word) => `${each.component} ${each.name} ${shown(each.value)} ${each.source} ${each.reason}`.toLowerCase().includes(word)));
    let last = null;
    body.replaceChildren(...visible.flatMap((each) => {
      const group = each.component && each.component !== last ? [h("tr", { class: "group" }, h("th", { colspan: 4, scope: "rowgroup" }, each.component))] : [];
      last = each.component;
      return [...group, valueRow(each)];
    }));
    count.textContent = `${plural(visible.length, "value")} shown of ${rows.length}`;
  };
  all.addEventListener("change", draw);
  search.addEventListener("input", draw);
  draw();
  section("values", "Values and reasons", `${chosen.length} chosen, ${rows.length - chosen.length} are defaults`,
    h("div", { class: "tools" }, h("label", { class: "grow" }, "Search values", search), h("label", { class: "check" }, all, "Show defaults")), count,
    h("table", { class: "stack fixed", id: "value-table" }, h("caption", { class: "unseen" }, "Values with source and reason"),
      h("thead", {}, h("tr", {}, ["Name", "Value", "Source", "Reason"].map((each) => h("th", { scope: "col" }, each)))), body));
  addEventListener("beforeprint", () => { all.checked = true; search.value = ""; draw(); });
}

function valueRow(each) {
  const sources = { user: "change", step: "change", cluster: "good", cloud: "good" };
  const others = (each.alternatives ?? []).map(shown);
  return h("tr", {}, h("td", { class: "name whole" }, each.name), h("td", { class: "name value" }, shown(each.value)), h("td", {}, mark(sources[each.source] ?? "", each.source)),
    h("td", {}, each.reason, each.no_effect ? " It changes nothing in any object." : null,
      others.length ? h("p", { class: "quiet small" }, "Or: ", others.map((other, index) => [index ? ", " : "", h("code", {}, other)])) : null));
}

function steps() {
  const all = { ...plan?.steps, ...report.steps };
  const rows = Object.entries(all).filter(([, step]) => step?.reason);
  if (!rows.length) return;
  section("steps", "Steps around the cluster", null, h("dl", { class: "facts" }, rows.map(([name, step]) =>
    h("div", {}, h("dt", {}, name.replaceAll("_", " ")), h("dd", {}, step.record?.address ?? step.record?.hostname ?? (step.record?.made ? "made" : "done"), h("small", {}, step.reason))))));
}

function verified() {
  const kinds = { passed: "good", failed: "bad", warning: "warn", skipped: "" };
  const counts = Object.keys(kinds).map((status) => [status, report.checks.filter((each) => each.status === status).length]).filter(([, count]) => count);
  section("checks", "What was proved", counts.map(([status, count]) => `${count} ${status}`).join(", "),
    h("table", { class: "stack" }, h("caption", { class: "unseen" }, "Checks with what was seen"),
      h("thead", {}, h("tr", {}, ["Check", "Came to", "Seen", "Seconds"].map((each) => h("th", { scope: "col" }, each)))),
      h("tbody", {}, report.checks.map((each) => h("tr", {}, h("td", {}, each.title, h("p", { class: "quiet small" }, `${each.component}: ${each.name}`)),
        h("td", {}, mark(kinds[each.status] ?? "", each.status)), h("td", {}, each.evidence, each.fix && h("p", { class: "fix small" }, each.fix)),
        h("td", {}, each.seconds))))));
}

function upkeep() {
  const kept = application?.kept ?? [], brought = outcome?.brought_up ?? plan?.brought_up ?? [];
  if (kept.length) section("kept", "Kept as you changed it", null, h("ul", {}, kept.map((each) => h("li", { class: "note" }, each.parameter
    ? `${each.component}.${each.parameter} = ${shown(each.value)}; planned was ${shown(each.planned)}` : each.file ?? each.field ?? each.component))));
  if (brought.length) section("brought-up", "Old API versions migrated", null, h("ul", {}, brought.map((each) =>
    h("li", { class: "note" }, h("code", {}, each.object), ` ${each.from} is now ${each.to}`, each.changes?.length ? h("p", { class: "quiet small" }, each.changes.join("; ")) : null))));
}

// --- components and waves

function picture() {
  const cells = new Map(), waves = [...new Set(objects.map((each) => each.wave ?? 0))].sort((one, other) => one - other || 0);
  for (const each of objects) {
    const key = JSON.stringify([each.component, each.wave ?? 0]);
    cells.set(key, [...(cells.get(key) ?? []), each]);
  }
  const first = new Map();
  for (const each of objects) first.set(each.component, Math.min(first.get(each.component) ?? Infinity, each.wave ?? 0));
  const components = [...first.keys()].sort((one, other) => first.get(one) - first.get(other) || one.localeCompare(other));
  if (!outcome || waves.length < 2) return;
  const label = Math.min(room() < 700 ? 130 : 260, 20 + 7.2 * Math.max(...components.map((each) => each.length))), row = 38, top = 44;
  const column = Math.max(58, Math.min(220, (room() - 12 - label) / waves.length)), most = Math.max(...[...cells.values()].map((each) => each.length));
  const letters = Math.floor((label - 16) / 7), width = label + waves.length * column + 10, height = top + components.length * row;
  const middle = (index) => label + column * (index + .5);
  const drawing = s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": "Objects by component and wave" });
  waves.forEach((wave, index) => drawing.append(
    s("text", { x: middle(index), y: 16, "text-anchor": "middle" }, wave ? `Wave ${wave}` : "No wave"),
    s("text", { x: middle(index), y: 32, "text-anchor": "middle", class: "quiet" }, objects.filter((each) => (each.wave ?? 0) === wave).length)));
  components.forEach((component, number) => {
    const y = top + number * row;
    const name = component || "(none)";
    drawing.append(s("line", { class: "rule", x1: 0, x2: width, y1: y, y2: y }),
      s("text", { x: 0, y: y + row / 2 + 4 }, name.length > letters ? `${name.slice(0, letters - 1)}…` : name, s("title", {}, name)));
    const used = waves.map((wave, index) => [cells.get(JSON.stringify([component, wave])), wave, index]).filter(([members]) => members);
    if (used.length > 1) drawing.append(s("line", { class: "link", x1: middle(used[0][2]), x2: middle(used.at(-1)[2]), y1: y + row / 2, y2: y + row / 2 }));
    for (const [members, wave, index] of used) drawing.append(cell(members, component, wave, middle(index), y + row / 2, 24 + (column - 34) * Math.sqrt(members.length / most)));
  });
  section("waves", "Components and waves", "Each wave needs only what is in the waves before it",
    h("figure", {}, h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Picture of components and waves" }, drawing),
      h("figcaption", { class: "counts" }, Object.entries(outcome.counts).map(([action, count]) => mark(KIND_OF[action] ?? "", `${count} ${action}`)),
        h("span", { class: "quiet small screen" }, "Choose a box to list its objects."))));
}

function cell(members, component, wave, x, y, width) {
  const kind = WORST.find((each) => members.some((object) => (KIND_OF[object.action] ?? "") === each)) ?? "";
  const actions = [...new Set(members.map((each) => each.action))].join(", ");
  const kinds = [...new Set(members.map((each) => each.kind))];
  const show = (event) => {
    if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    filter({ component, wave: String(wave) });
    byId("objects").scrollIntoView();
    byId("object-search").focus({ preventScroll: true });
  };
  const text = `${component || "no component"}, ${wave ? `wave ${wave}` : "no wave"}: ${plural(members.length, "object")}, ${actions}`;
  return s("g", { class: `cell ${kind}`, role: "button", tabindex: 0, "aria-label": text, onclick: show, onkeydown: show },
    s("title", {}, `${text}\n${kinds.slice(0, 8).join(", ")}${kinds.length > 8 ? " …" : ""}`),
    s("rect", { x: x - width / 2, y: y - 12, width, height: 24, rx: 5 }), s("text", { x, y: y + 4 }, members.length));
}

// --- objects: the search goes over data

const filters = { action: "", kind: "", component: "", wave: "", words: [] };

function filter(choice) {
  Object.assign(filters, { action: "", kind: "", component: "", wave: "" }, choice);
  for (const name of ["action", "kind", "component", "wave"]) if (byId(`by-${name}`)) byId(`by-${name}`).value = filters[name] === "" ? "" : filters[name];
  byId("object-search").value = "";
  filters.words = [];
  drawObjects();
}

function matching() {
  return objects.filter((each) => (!filters.action || each.action === filters.action) && (!filters.kind || each.kind === filters.kind)
    && (!filters.component || each.component === filters.component) && (filters.wave === "" || String(each.wave ?? 0) === filters.wave)
    && filters.words.every((word) => each.text.includes(word)));
}

function drawObjects(atOnce = false) {
  const matches = matching();
  byId("object-count").textContent = matches.length === objects.length ? plural(objects.length, "object") : `${matches.length} of ${plural(objects.length, "object")}`;
  drawRows(byId("object-table"), matches, objectRow, atOnce);
}

/** A kind, which may be broken between its words. */
function broken(kind) {
  return kind.split(/(?<=[a-z])(?=[A-Z])/).flatMap((word, index) => (index ? [h("wbr"), word] : [word]));
}

function objectRow(each) {
  const slow = typeof each.seconds === "number" ? each.seconds.toFixed(each.seconds < 1 ? 2 : 1) : "";
  return h("tr", { class: each.action }, h("td", {}, broken(each.kind)), h("td", { class: "name" }, each.path), h("td", {}, each.component),
    h("td", { class: "reason" }, mark(KIND_OF[each.action] ?? "", each.action), each.why ? h("p", { class: "why small" }, each.why) : null),
    h("td", { class: "number", "data-label": "wave" }, each.wave ?? ""), h("td", { class: "number", "data-label": "seconds" }, slow));
}

function objectList() {
  const choice = (name, label) => {
    const sorted = tally(objects.map((each) => (name === "wave" ? String(each.wave ?? 0) : each[name])));
    const select = h("select", { id: `by-${name}` }, h("option", { value: "" }, "All"),
      sorted.map(([value, count]) => h("option", { value }, `${name === "wave" && value === "0" ? "none" : value} (${count})`)));
    select.addEventListener("change", () => { filters[name] = select.value; drawObjects(); });
    return h("label", {}, label, select);
  };
  const search = h("input", { type: "search", id: "object-search", placeholder: "name, reason …" });
  search.addEventListener("input", () => { filters.words = search.value.toLowerCase().split(/\s+/).filter(Boolean); drawObjects(); });
  section("objects", "Objects", outcome ? "What became of each" : compared ? "What applying would do to each" : "What the application consists of",
    h("div", { class: "tools", role: "search" }, h("label", { class: "grow" }, "Search objects", search), choice("action", "Action"), choice("kind", "Kind"),
      choice("component", "Component"), outcome && choice("wave", "Wave"), h("button", { type: "button", onclick: () => filter({}) }, "Show all")),
    h("p", { class: "quiet small", id: "object-count", role: "status", "aria-live": "polite" }),
    h("table", { class: "stack fixed", id: "object-table" }, h("caption", { class: "unseen" }, "Objects"), h("thead", {}, h("tr", {},
      ["Kind", "Name", "Component", "Action"].map((each) => h("th", { scope: "col" }, each)), ["Wave", "Seconds"].map((each) => h("th", { scope: "col", class: "number" }, each))))));
  drawObjects();
  addEventListener("beforeprint", () => { filter({}); drawObjects(true); });
}

// --- what changes in each object, where the run was asked for that (--diff)

function differences() {
  section("diff", "What changes", `${plural(diff.length, "object")}; values of Secrets are hidden`, diff.map((each) =>
    h("details", {}, h("summary", {}, h("code", {}, (each.after_header ?? each.before_header ?? "").replace(/ \(.*\)$/, ""))),
      h("pre", { class: "diff" }, lineDiff(each.before ?? "", each.after ?? "").map(([sign, line]) =>
        h("span", { class: { "+": "good", "-": "bad" }[sign] ?? "quiet" }, `${sign} ${line}\n`))))));
}

const CONTEXT = 2, LONGEST_DIFF = 2000;

/** Two texts line by line as [sign, line], with some unchanged lines around what differs. Very long ones one after the other. */
function lineDiff(before, after) {
  const [a, b] = [before, after].map((each) => (each ? each.replace(/\n$/, "").split("\n") : []));
  const all = a.length > LONGEST_DIFF || b.length > LONGEST_DIFF
    ? [...a.map((line) => ["-", line]), ...b.map((line) => ["+", line])] : aligned(a, b);
  const near = (index) => all.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(([sign]) => sign !== " ");
  return all.flatMap((each, index) => (near(index) ? [each] : !index || near(index - 1) ? [["…", ""]] : []));
}

/** By the longest common subsequence of what lies between equal beginnings and ends. */
function aligned(a, b) {
  let start = 0, end = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start += 1;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const [x, y] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const lengths = Array.from({ length: x.length + 1 }, () => new Uint16Array(y.length + 1));
  for (let i = x.length - 1; i >= 0; i -= 1) {
    for (let j = y.length - 1; j >= 0; j -= 1) lengths[i][j] = x[i] === y[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
  }
  const middle = [];
  for (let i = 0, j = 0; i < x.length || j < y.length;) {
    if (i < x.length && j < y.length && x[i] === y[j]) middle.push([" ", x[i]]), i += 1, j += 1;
    else if (i < x.length && (j === y.length || lengths[i + 1][j] >= lengths[i][j + 1])) middle.push(["-", x[i]]), i += 1;
    else middle.push(["+", y[j]]), j += 1;
  }
  const same = (lines) => lines.map((line) => [" ", line]);
  return [...same(a.slice(0, start)), ...middle, ...same(a.slice(a.length - end))];
}

// --- the time line

function timeLine() {
  const entries = outcome.timeline ?? [];
  if (!entries.length) return;
  const end = Math.max(outcome.seconds, ...entries.map((each) => each.to)) || 1;
  const narrow = room() < 700, label = narrow ? 190 : 330, width = Math.max(room() - 2, 520), row = 26, top = 26, scale = (width - label - 70) / end;
  const shortest = entries.filter((each) => !each.waited || each.to - each.from >= end / 200);
  const rows = shortest.length > 60 ? [...shortest].sort((one, other) => other.to - other.from - (one.to - one.from)).slice(0, 60).sort((one, other) => one.from - other.from) : shortest;
  const height = top + rows.length * row + 6;
  const drawing = s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-labelledby": "times-title times-short" });
  const step = [.1, .25, .5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800].find((each) => end / each <= (narrow ? 4 : 8)) ?? 3600;
  for (let at = 0; at <= end + step / 100; at += step) {
    drawing.append(s("line", { class: "rule", x1: label + at * scale, x2: label + at * scale, y1: 20, y2: height }),
      s("text", { class: "quiet", x: label + at * scale, y: 13, "text-anchor": "middle" }, `${Math.round(at * 100) / 100} s`));
  }
  rows.forEach((each, index) => {
    const y = top + index * row, long = each.to - each.from, most = narrow ? (each.waited ? 24 : 28) : 48, text = each.what.length > most ? `${each.what.slice(0, most - 1)}…` : each.what;
    drawing.append(s("g", {}, s("title", {}, `${each.what}${each.why ? `: ${each.why}` : ""}\n${each.from} s to ${each.to} s`),
      s("text", { x: each.waited ? 16 : 0, y: y + 16, class: each.waited ? "quiet" : "" }, text),
      s("rect", { class: each.waited ? "wait" : "part", x: label + each.from * scale, y: y + 5, width: Math.max(long * scale, 2), height: 14, rx: 2 }),
      s("text", { class: "quiet", x: label + each.to * scale + 6, y: y + 16 }, `${long.toFixed(long < 10 ? 2 : 0)} s`)));
  });
  const waits = entries.filter((each) => each.waited);
  section("times", "Time line", h("span", { id: "times-short" }, `${outcome.seconds} s in all`, outcome.waited ? `, ${outcome.waited} s of them until all was ready` : null),
    h("figure", {}, h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Picture of the time line" }, drawing)),
    waits.length ? h("details", {}, h("summary", {}, `What it waited for (${waits.length})`), h("table", { class: "stack" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Awaited"), h("th", { scope: "col" }, "What it lacked at last"), h("th", { scope: "col", class: "number" }, "Seconds"))),
      h("tbody", {}, waits.map((each) => h("tr", {}, h("td", { class: "name" }, each.what), h("td", {}, each.why), h("td", { class: "number", "data-label": "seconds" }, (each.to - each.from).toFixed(1))))))) : null);
}

head();
if (plan?.blockers?.length) blocked();
else if (failure) failed();
else if (!outcome && comparison?.msg) wouldFail();
// After a success the address and the password are what people look for.
if (next.length) goOn();
if (facts) cluster();
if (readiness?.length) fit();
if (plan?.warnings.length) warnings();
if (objects.length) picture();
if (outcome) timeLine();
if (diff?.length) differences();
if (plan) values();
if (report.checks?.length) verified();
if (report.steps || plan?.steps) steps();
upkeep();
if (objects.length) objectList();

watchSections();
document.documentElement.dataset.ready = "true";
