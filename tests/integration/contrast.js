// Texts in sight whose contrast with their ground is below 4.5: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
const rgba = (colour) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const light = (colour) => {
  const [r, g, b] = colour.map((each) => each / 255).map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (node) => {
  for (let each = node; each; each = each.parentElement) {
    const box = each.matches(".cell") ? each.querySelector("rect") : null;
    const colour = rgba(box ? getComputedStyle(box).fill : getComputedStyle(each).backgroundColor);
    if (colour[3] > 200) return colour;
  }
  return [255, 255, 255, 255];
};
const found = [];
for (const node of document.querySelectorAll("body *")) {
  if (![...node.childNodes].some((each) => each.nodeType === 3 && each.data.trim()) || !node.checkVisibility()) continue;
  if (node.closest("script, .unseen, [disabled], title")) continue;
  const style = getComputedStyle(node);
  const [one, other] = [light(rgba(node instanceof SVGElement ? style.fill : style.color)), light(ground(node))].sort((a, b) => b - a);
  const ratio = (one + 0.05) / (other + 0.05);
  if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${node.tagName} ${node.className.baseVal ?? node.className}: ${node.textContent.slice(0, 40)}`);
}
return found;
