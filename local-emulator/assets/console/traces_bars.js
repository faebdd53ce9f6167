// Where the pieces of a trace lie in time. Part of the waterfall.

/** Milliseconds with as much after the point as says something. */
export const exact = ms => ms < 10 ? `${ms.toFixed(1)} ms` : ms < 1000 ? `${Math.round(ms)} ms` : ms < 60_000 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 60_000).toFixed(1)} min`;

/** Where a piece lies within the whole, in percent; what goes on ends with the whole. `begins`, `ends`: milliseconds since 1970. */
export function placed(span, begins, ends) {
  const whole = Math.max(ends - begins, 0.001);
  const percent = ms => Math.min(100, Math.max(0, ms / whole * 100));
  const from = new Date(span.at).getTime() - begins;
  const took = span.duration_ms === null ? ends - begins - from : span.duration_ms;
  const left = percent(from);
  return { left, wait: Math.min(percent(span.wait_ms), 100 - left), run: Math.min(percent(took - span.wait_ms), 100 - left), from };
}

/** The first moment and the last; what goes on lasts until `now`. Milliseconds since 1970. */
export function bounds(spans, now) {
  const begins = Math.min(...spans.map(span => new Date(span.at).getTime()));
  const ends = Math.max(...spans.map(span => span.duration_ms === null ? now : new Date(span.at).getTime() + span.duration_ms));
  return { begins, ends: Math.max(begins, ends) };
}
