// The page about many clusters. data: {report, links, made}; report is what report.json holds, links leads to each cluster's page, by host.
const { report, links, made } = data;
const STATES = { failed: "bad", "not reached": "warn", deployed: "good", unchanged: "", written: "change", checked: "change" };
const ORDER = Object.keys(STATES);

// The worst first; within a state they stay in the order of their names.
const clusters = report.clusters.map((each) => {
  const kubernetes = [each.distribution, each.version].filter(Boolean).join(" "), cloud = [each.cloud, each.region].filter(Boolean).join(" ");
  const text = [each.host, each.context, each.server, each.state, kubernetes, cloud, each.failure].filter(Boolean).join(" ").toLowerCase();
  return { ...each, kubernetes, cloud, provider: each.cloud, text };
}).sort((one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state));
const count = (state) => report.counts[state] ?? 0;

function head() {
  const [state, kind] = count("failed") ? [`${count("failed")} of ${clusters.length} failed`, "bad"]
    : count("not reached") ? [`${count("not reached")} of ${clusters.length} not reached`, "warn"] : ["All well", "good"];
  const title = `Kubeflow on ${plural(clusters.length, "cluster")}`;
  byId("title").textContent = title;
  document.title = `${title}: ${state}`;
  byId("state").textContent = state;
  byId("state").classList.add(kind);
  byId("where").append(ORDER.filter(count).map((state) => `${count(state).toLocaleString("en")} ${state}`).join(" · "));
  byId("made").append(`Written ${made} by kubeflow.bootstrap. The same as data: report.json.`);
}

function glance() {
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  const tile = (term, value, more) => value && h("div", {}, h("dt", {}, term), h("dd", {}, value, more && h("small", {}, more)));
  const told = (values) => tally(values).map(([value, number]) => `${value} (${number})`).join(", ");
  const known = clusters.filter((each) => typeof each.nodes === "number"), accelerators = {};
  for (const each of clusters) for (const [name, number] of Object.entries(each.accelerators)) accelerators[name] = (accelerators[name] ?? 0) + number;
  section("glance", "At a glance", null, h("dl", { class: "facts" },
    tile("Kubernetes", told(clusters.map((each) => each.version)), told(clusters.map((each) => each.distribution))),
    tile("Clouds", told(clusters.map((each) => each.provider)) || "none"),
    tile("Nodes", known.length && sum(known.map((each) => each.nodes)).toLocaleString("en"), known.length < clusters.length && `of the ${plural(known.length, "cluster")} that answered`),
    tile("GPUs", Object.entries(accelerators).map(([name, number]) => `${number.toLocaleString("en")} ${name}`).join(", ") || "none"),
    tile("Warnings", sum(clusters.map((each) => each.warnings)).toLocaleString("en"))));
}

/** What is to be run once more: the same command, for some only. */
function goOn() {
  const left = clusters.filter((each) => each.state === "failed" || each.state === "not reached").map((each) => each.host);
  if (!left.length) return;
  section("next", "Next steps", null, h("p", { class: "small" }, `Fix what is listed below. Then run the same command with this at its end, for the ${left.length === 1 ? "one that is" : `${left.length} that are`} left:`),
    command(`--limit '${left.join(",").replaceAll("'", "'\\''")}'`));
}

function list() {
  const filters = { state: "", provider: "", distribution: "", words: [] };
  const table = h("table", { class: "stack fixed", id: "cluster-table" }, h("caption", { class: "unseen" }, "Clusters"), h("thead", {}, h("tr", {},
    ["Cluster", "State", "Kubernetes", "Cloud", "Objects", "GPUs"].map((each) => h("th", { scope: "col" }, each)),
    ["Nodes", "Warnings", "Seconds"].map((each) => h("th", { scope: "col", class: "number" }, each)))));
  const total = h("p", { class: "quiet small", id: "cluster-count", role: "status" });
  const draw = (atOnce = false) => {
    const matches = clusters.filter((each) => ["state", "provider", "distribution"].every((name) => !filters[name] || each[name] === filters[name])
      && filters.words.every((word) => each.text.includes(word)));
    total.textContent = matches.length === clusters.length ? plural(matches.length, "cluster") : `${matches.length} of ${plural(clusters.length, "cluster")}`;
    drawRows(table, matches, row, atOnce);
  };
  const choice = (name, label) => {
    const values = tally(clusters.map((each) => each[name]));
    if (values.length < 2) return null;
    if (name === "state") values.sort(([one], [other]) => ORDER.indexOf(one) - ORDER.indexOf(other));
    const select = h("select", { id: `by-${name}` }, h("option", { value: "" }, "All"), values.map(([value, number]) => h("option", { value }, `${value} (${number})`)));
    select.addEventListener("change", () => { filters[name] = select.value; draw(); });
    return h("label", {}, label, select);
  };
  const search = h("input", { type: "search", id: "cluster-search", placeholder: "name, version, reason …" });
  search.addEventListener("input", () => { filters.words = search.value.toLowerCase().split(/\s+/).filter(Boolean); draw(); });
  const tools = h("div", { class: "tools", role: "search" }, h("label", { class: "grow" }, "Search clusters", search),
    choice("state", "State"), choice("provider", "Cloud"), choice("distribution", "Distribution"));
  const all = () => {
    Object.assign(filters, { state: "", provider: "", distribution: "", words: [] });
    tools.querySelectorAll("input, select").forEach((each) => { each.value = ""; });
  };
  tools.append(h("button", { type: "button", onclick: () => { all(); draw(); } }, "Show all"));
  section("clusters", "Clusters", "Those that failed come first", tools, total, table);
  draw();
  addEventListener("beforeprint", () => { all(); draw(true); });
}

function row(each) {
  const name = links[each.host] ? h("a", { href: links[each.host] }, each.host) : each.host;
  const counts = Object.entries(each.counts).map(([action, number]) => `${number} ${action}`).join(", ");
  const gpus = Object.entries(each.accelerators).map(([resource, number]) => `${number} ${resource}`).join(", ");
  const number = (label, value) => h("td", { class: "number", "data-label": label }, value ?? "");
  const line = h("tr", { class: each.failure ? "told" : "" },
    h("th", { scope: "row", class: "name" }, name, each.context && each.context !== each.host ? h("p", { class: "quiet" }, each.context) : null),
    h("td", {}, mark(STATES[each.state] ?? "", each.state)), h("td", {}, each.kubernetes), h("td", {}, each.cloud), h("td", {}, counts), h("td", {}, gpus),
    number("nodes", each.nodes), number("warnings", each.warnings || null), number("seconds", each.seconds));
  // A reason may be long: it has the whole width.
  return each.failure ? [line, h("tr", { class: "failed" }, h("td", { class: "why small", colspan: 9 }, each.failure))] : line;
}

head();
goOn();
glance();
list();
watchSections();
document.documentElement.dataset.ready = "true";
