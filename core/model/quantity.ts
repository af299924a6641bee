/**
 * Kubernetes quantities as exact integers of nano-units, so that sums never round.
 * Suffixes: k8s.io/apimachinery/pkg/api/resource (decimal powers of 1000, binary powers of 1024, `m` one thousandth).
 */
const nano = 1_000_000_000n;

const unit: Readonly<Record<string, bigint>> = {
  '': nano,
  m: 1_000_000n,
  k: nano * 1000n,
  M: nano * 1000n ** 2n,
  G: nano * 1000n ** 3n,
  T: nano * 1000n ** 4n,
  P: nano * 1000n ** 5n,
  Ki: nano * 1024n,
  Mi: nano * 1024n ** 2n,
  Gi: nano * 1024n ** 3n,
  Ti: nano * 1024n ** 4n,
  Pi: nano * 1024n ** 5n,
};

/** Texts read before: a cloud writes the same few amounts thousands of times. Emptied when full. */
const read = new Map<string | number, bigint>();
const mostRead = 4096;

/** The quantity in nano-units; throws RangeError for text that `quantity` of schema.ts refuses. */
export function parseQuantity(value: string | number): bigint {
  const known = read.get(value);
  if (known !== undefined) return known;
  const amount = readQuantity(value);
  if (read.size >= mostRead) read.clear();
  read.set(value, amount);
  return amount;
}

function readQuantity(value: string | number): bigint {
  const match = /^([0-9]+)(?:\.([0-9]+))?([a-zA-Z]*)$/.exec(String(value));
  const factor = unit[match?.[3] ?? '?'];
  if (match === null || factor === undefined) throw new RangeError(`not a quantity: ${value}`);
  const fraction = match[2] ?? '';
  return (BigInt((match[1] ?? '') + fraction) * factor) / 10n ** BigInt(fraction.length);
}

const binary = ['Pi', 'Ti', 'Gi', 'Mi', 'Ki'] as const;

/**
 * The shortest exact text of `value` nano-units: binary suffixes for bytes (`memory`, `storage` resources), plain or
 * `m` for counts. Rounds up to one thousandth as the API server does.
 */
export function formatQuantity(value: bigint, bytes: boolean): string {
  if (bytes && value % nano === 0n) {
    for (const suffix of binary) {
      const factor = unit[suffix] ?? nano;
      if (value !== 0n && value % factor === 0n) return `${value / factor}${suffix}`;
    }
  }
  if (value % nano === 0n) return String(value / nano);
  return `${(value + 999_999n) / 1_000_000n}m`;
}
