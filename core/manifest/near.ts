import { distance } from 'fastest-levenshtein';

/** Letters alone, so that `display_name`, `DisplayName` and `display-name` are one. */
const bare = (word: string) => word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/**
 * Up to three of `candidates` that may have been meant by `word`, nearest first: the same but for case and dashes,
 * those that begin with it, then those at most a third of the word's length away. Pure.
 */
export function nearest(word: string, candidates: Iterable<string>): string[] {
  const target = bare(word);
  if (target === '' || word.length > 256) return [];
  const limit = Math.min(3, Math.max(1, Math.floor(target.length / 3)));
  const scored: { candidate: string; score: number }[] = [];
  for (const candidate of new Set(candidates)) {
    if (candidate === word) continue;
    const shortened = target.length >= 3 && bare(candidate).startsWith(target);
    const score = shortened ? 1 : distance(target, bare(candidate));
    if (score <= limit) scored.push({ candidate, score });
  }
  scored.sort((a, b) => a.score - b.score || (a.candidate < b.candidate ? -1 : 1));
  return scored.slice(0, 3).map(({ candidate }) => candidate);
}
