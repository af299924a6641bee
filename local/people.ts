import { AppError } from '../core/errors.ts';
import { readCentre } from './centre.ts';
import { cloudPaths, readCloudState, siteDir } from './cloud-state.ts';
import { issueClientCertificate, type Person, personFile, writeKubeconfig } from './kubeconfig.ts';
import { localText } from './text.ts';

/**
 * Writes a kubeconfig with a context per centre of the cloud in `dir`, signed in as `person`; resolves with its path
 * (the same for the same user, so a second call replaces it). Throws AppError `local-not-started`.
 */
export async function writePersonKubeconfig(dir: string, person: Person): Promise<string> {
  const centres = (readCloudState(dir)?.sites ?? []).flatMap((site) => readCentre(siteDir(dir, site.name)) ?? []);
  if (centres.length === 0) throw notStarted(dir);
  const contexts = await Promise.all(
    centres.map(async ({ name, url, ca, dir: folder }) => ({
      centre: name,
      url,
      ca,
      user: person.user,
      client: await issueClientCertificate(folder, person),
    })),
  );
  const file = personFile(dir, person.user);
  writeKubeconfig(file, contexts);
  return file;
}

/** The administrator's kubeconfig of the cloud in `dir`. Throws AppError `local-not-started`. */
export function adminKubeconfig(dir: string): string {
  if (readCloudState(dir) === undefined) throw notStarted(dir);
  return cloudPaths(dir).kubeconfig;
}

/** The error of a command that needs a local cloud where there is none. */
export function notStarted(dir: string): AppError {
  return new AppError('notFound', localText().notStarted(dir), { code: 'local-not-started', hint: 'jinhong local up' });
}
