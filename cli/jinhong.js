#!/usr/bin/env node
/**
 * Where the command begins. It is JavaScript, and so little of it, because Node keeps compiled modules only for what is
 * loaded after this call: a first file in TypeScript would load the whole type stripper at every start, 40 ms for nothing.
 */
import { enableCompileCache } from 'node:module';

enableCompileCache();
await import('./main.ts');
