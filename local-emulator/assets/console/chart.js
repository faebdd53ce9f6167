// Small live charts: a line of what something counted lately, drawn by the page itself, with its words for who does not see it.

const NS = 'http://www.w3.org/2000/svg';
const WIDTH = 160;
const HEIGHT = 32;

const draw = (tag, attributes) => {
  const node = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};

const said = (value, unit) => `${value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })}${unit ? ` ${unit}` : ''}`;

/** What a chart says: `points` oldest first, null where nobody knew. */
export function words({ what, unit, points }) {
  const known = points.filter(point => point !== null);
  if (!known.length) return `${what}: not known yet`;
  const last = points.at(-1);
  return `${what}: ${last === null ? 'not known now' : said(last, unit)}, at most ${said(Math.max(...known), unit)} lately`;
}

/** The runs of points that are known, each as `[x, y]` between 0 and the size. The newest is at the right edge. */
export function runs(points, room, width = WIDTH, height = HEIGHT) {
  const top = Math.max(1, ...points.filter(point => point !== null));
  const step = width / Math.max(1, room - 1);
  const runs = [[]];
  points.forEach((point, at) => {
    if (point === null) { if (runs.at(-1).length) runs.push([]); return; }
    runs.at(-1).push([width - (points.length - 1 - at) * step, height - 1 - (point / top) * (height - 3)]);
  });
  return runs.filter(run => run.length);
}

const place = ([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`;

/** A chart that is drawn again by `show(measure)`; `room` points fit. */
export function chart(room = 90) {
  const svg = draw('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', class: 'spark' });
  const [area, line] = [draw('path', { class: 'area' }), draw('path', { class: 'trace', 'vector-effect': 'non-scaling-stroke' })];
  svg.append(area, line);
  const show = measure => {
    const found = runs(measure.points, room);
    const along = run => run.map((point, at) => `${at ? 'L' : 'M'}${place(point)}`).join('');
    // A single point has no length: it is drawn as a short line.
    line.setAttribute('d', found.map(run => run.length > 1 ? along(run) : `${along(run)}h-1`).join(''));
    area.setAttribute('d', found.filter(run => run.length > 1).map(run => `${along(run)}L${run.at(-1)[0].toFixed(1)} ${HEIGHT}L${run[0][0].toFixed(1)} ${HEIGHT}Z`).join(''));
    svg.setAttribute('aria-label', words(measure));
  };
  return { node: svg, show };
}
