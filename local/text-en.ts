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
  binaryMissing: (name: string): string => `there is no ${name}`,
};

/** The shape of the catalogue. */
export type LocalText = typeof localEn;
