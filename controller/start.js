/**
 * Where a controller begins: `node controller/start.js management|site`. It is JavaScript for the reason that cli/jinhong.js
 * gives: with a warm compile cache the program that strips types is never loaded, which is 25 MiB of memory and half of the
 * CPU of a start. Where the cache is kept says NODE_COMPILE_CACHE, else it is in the temporary folder.
 */
import { enableCompileCache, registerHooks } from 'node:module';

enableCompileCache();

// zod brings its messages in 60 languages and loads them all; the one that it uses is asked for by itself.
const hooks = registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier === '../locales/index.js' ? '../locales/en.js' : specifier, context),
});
await import('zod');
hooks.deregister();

await import('./main.ts');
