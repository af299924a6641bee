/** English sentences of the local cloud. */
export const localEn = {
  centreNotMade: (dir: string): string => `there is no local centre in ${dir}`,
  portTaken: (port: number, process: string, site: string, owner: string): string =>
    `port ${port} of 127.0.0.1, wanted by ${process} of ${site}, is taken${owner === '' ? '' : ` by ${owner}`}`,
  portTakenHint: 'jinhong local up --ports BASE, or end the process that holds it',
  diskFull: (dir: string): string => `no space left on the disk that holds ${dir}`,
  diskFullHint: (dir: string): string => `free some space, then run the command again; what takes it: du -sh ${dir}/*`,
  processDied: (process: string, site: string, how: string, tail: string): string =>
    `${process} of ${site} ended while starting (${how}). Its last lines:\n${tail}`,
  seeLog: (file: string): string => `the whole log: ${file}`,
  notReady: (process: string, site: string, seconds: number): string =>
    `${process} of ${site} was not ready after ${seconds} s`,
  skippedVersion: (path: string, version: string, wanted: string): string =>
    `${path} is version ${version}, not ${wanted}: passed over`,
  givenNotThere: (variable: string, path: string): string => `${variable} names ${path}, which is not a program`,
  givenWrongVersion: (variable: string, path: string, version: string, wanted: string): string =>
    `${variable} names ${path}, which is version ${version}; wanted is ${wanted}`,
  givenWrongVersionHint: (variable: string): string => `name another file, or let it be found: unset ${variable}`,
  notStarted: (dir: string): string => `there is no local cloud in ${dir}`,
  notLinux: (platform: string): string =>
    `the local cloud runs on Linux only, this is ${platform} (check, new and submit work here too)`,
  locked: (dir: string, what: string, pid: number): string =>
    `another command (${what}, pid ${pid}) is working on ${dir}`,
  lockedHint: (pid: number): string => `wait for it, or end it: kill ${pid}`,
  sitesUnknown: 'which centres? The folder knows none yet',
  sitesUnknownHint: 'jinhong local up --cloud cloud.yaml, or --sites a,b',
  siteName: (name: string): string =>
    `"${name}" cannot name a centre: lower-case letters, digits and dashes, first a letter, at most 41; not node or kubeconfig`,
  tooManySites: (most: number): string => `one machine holds at most ${most} centres`,
  portsInUse: (site: string, base: number): string => `${site} runs on the ports from ${base}; stop it to move it`,
  binaryMissing: (name: string, version: string, reasons: readonly string[]): string =>
    `${name} ${version} is not on this machine and could not be got:\n${reasons.map((r) => `- ${r}`).join('\n')}`,
  binaryMissingHint: (variable: string, name: string): string =>
    `name the file (${variable}=/path/to/${name}), or a folder with all of them (JINHONG_BIN_DIR), put it on PATH, or install Go 1.26 or newer so that it is built`,
  noChecksum: (name: string, version: string, platform: string): string =>
    `no pinned checksum for the release of ${name} ${version} for ${platform}: not downloaded`,
  noGo: 'no Go on PATH, so it cannot be built',
  downloadFailed: (url: string, reason: string): string => `download of ${url} failed: ${reason}`,
  checksumDiffers: (url: string, wanted: string, found: string): string =>
    `${url} is not what was pinned: SHA-256 ${found} instead of ${wanted}; thrown away`,
  buildFailed: (name: string, reason: string): string => `the build of ${name} failed: ${reason}`,
};

/** The shape of the catalogue. */
export type LocalText = typeof localEn;
