// What is said about searches in several places.

/** How often one is told of what is new. */
export const CADENCES = [['as_found', 'as soon as something is found'], ['hourly', 'once an hour'], ['daily', 'once a day'], ['weekly', 'once a week']];
export const cadence = name => (CADENCES.find(([known]) => known === name) || [name, name])[1];

/** A search in words: `invoices, tag finance, of bob`. */
export function inWords(now) {
  const parts = [now.text && `“${now.text}”`, ...now.tags.map(tag => `tag ${tag}`), now.types.length && now.types.join(' or '), now.owners.length && `of ${now.owners.join(' or ')}`, now.month && `changed in ${now.month}`, now.shared && 'shared with me', now.hybrid && 'by meaning too'];
  return parts.filter(Boolean).join(', ') || 'everything';
}

/** Why a search by meaning was one by words. */
export const DEGRADED = { embeddings_away: 'What reads for meaning is away at the moment: this was found by words alone.', index_without_vectors: 'The index does not know meanings yet: this was found by words alone.' };

/** Shown where the platform is older than the console. */
export const MISSING = 'This platform cannot do that yet.';

const ARROW = /\s*(?:=>|→)\s*/;
/** Synonyms as one writes them: `car, automobile` and `k8s => kubernetes`, a rule a line. */
export const inLines = rules => ({
  equivalents: rules.equivalents.map(terms => terms.join(', ')).join('\n'),
  one_way: rules.one_way.map(({ from, to }) => `${from} => ${to.join(', ')}`).join('\n'),
});
const lines = text => text.split('\n').map(line => line.trim()).filter(Boolean);
const terms = text => text.split(',').map(term => term.trim()).filter(Boolean);
/** The same back. A line without an arrow leads nowhere, which the API says of it. */
export const ofLines = (equivalents, oneWay) => ({
  equivalents: lines(equivalents).map(terms),
  one_way: lines(oneWay).map(line => { const [from, to = ''] = line.split(ARROW); return { from: from.trim(), to: terms(to) }; }),
});
