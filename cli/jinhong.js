#!/usr/bin/env node
/** Where the command begins. */
import '../start.js';

await import('./main.ts');
