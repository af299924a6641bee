import type { AttackCase } from '../support/table.ts';
import { boundsCases } from './bounds.ts';
import { drillCases } from './drill.ts';
import { forgeryCases } from './forgery.ts';
import { namespaceCases } from './namespaces.ts';
import { podCases } from './pods.ts';
import { readingCases } from './reading.ts';
import { requestCases } from './requests.ts';
import { rightsCases } from './rights.ts';
import { serviceCases } from './services.ts';

const numberOf = (id: string) => Number(id.split('-').at(-1));

/** Every case, in the order of the catalogue. */
export const attackCases: readonly AttackCase[] = [
  ...readingCases,
  ...namespaceCases,
  ...boundsCases,
  ...rightsCases,
  ...podCases,
  ...serviceCases,
  ...requestCases,
  ...forgeryCases,
  ...drillCases,
].sort((a, b) => numberOf(a.id) - numberOf(b.id));
