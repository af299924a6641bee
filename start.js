/**
 * What the command and the controllers do first. Node keeps compiled modules only for what is loaded after this call, so the
 * first files are JavaScript and this little: a first file in TypeScript would load the program that strips types at every
 * start, which is 40 ms and 25 MiB for nothing. Where the cache is kept says NODE_COMPILE_CACHE, else it is in the temporary
 * folder.
 */
import { enableCompileCache, registerHooks } from 'node:module';

enableCompileCache();

// zod brings its messages in 60 languages and loads them all; the one that it uses is asked for by itself.
registerHooks({
  resolve: (specifier, context, next) =>
    next(
      specifier === '../locales/index.js' && context.parentURL?.includes('/zod/') ? '../locales/en.js' : specifier,
      context,
    ),
});
