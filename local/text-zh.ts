import type { LocalText } from './text-en.ts';

/** Chinese sentences of the local cloud. */
export const localZh: LocalText = {
  centreNotMade: (dir) => `${dir} 中没有本地中心`,
  portTaken: (port, process, site, owner) =>
    `127.0.0.1 的端口 ${port}（${site} 的 ${process} 要用）已被占用${owner === '' ? '' : `：${owner}`}`,
  portTakenHint: 'jinhong local up --ports BASE，或结束占用该端口的进程',
  diskFull: (dir) => `${dir} 所在磁盘空间已满`,
  diskFullHint: (dir) => `腾出空间后重新执行；查看占用：du -sh ${dir}/*`,
  processDied: (process, site, how, tail) => `${site} 的 ${process} 在启动时退出（${how}），最后几行日志：\n${tail}`,
  seeLog: (file) => `完整日志：${file}`,
  notReady: (process, site, seconds) => `${site} 的 ${process} 在 ${seconds} 秒内没有就绪`,
  skippedVersion: (path, version, wanted) => `${path} 的版本是 ${version}，不是 ${wanted}：不使用`,
  givenNotThere: (variable, path) => `${variable} 指向的 ${path} 不是可执行程序`,
  givenWrongVersion: (variable, path, version, wanted) =>
    `${variable} 指向的 ${path} 版本是 ${version}，需要 ${wanted}`,
  givenWrongVersionHint: (variable) => `改为其他文件，或让程序自己查找：unset ${variable}`,
  binaryMissing: (name) => `找不到 ${name}`,
};
