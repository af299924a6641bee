/**
 * `@peculiar/x509` wires itself with tsyringe, which refuses to load without the `reflect-metadata` polyfill and uses
 * four of its functions only to look for constructor types that x509 does not declare. Answering "nothing known" is
 * enough, and saves a dependency. Import this file before `@peculiar/x509`.
 */
const nothing = (): undefined => undefined;

for (const name of ['getMetadata', 'getOwnMetadata', 'defineMetadata']) {
  if (!(name in Reflect)) Object.defineProperty(Reflect, name, { value: nothing, configurable: true });
}

export {};
