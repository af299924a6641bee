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
  notStarted: (dir) => `${dir} 中没有本地云`,
  notLinux: (platform) => `本地云只能在 Linux 上运行，当前系统是 ${platform}（check、new、submit 可以在此使用）`,
  locked: (dir, what, pid) => `另一个命令（${what}，pid ${pid}）正在使用 ${dir}`,
  lockedHint: (pid) => `等它结束，或终止它：kill ${pid}`,
  sitesUnknown: '要启动哪些中心？该目录中还没有任何中心',
  sitesUnknownHint: 'jinhong local up --cloud cloud.yaml，或 --sites a,b',
  siteName: (name) =>
    `“${name}”不能用作中心名：只能用小写字母、数字和连字符，以字母开头，最长 41 个字符；不能是 node 或 kubeconfig`,
  tooManySites: (most) => `一台机器最多 ${most} 个中心`,
  portsInUse: (site, base) => `${site} 正在使用从 ${base} 起的端口；先停止再更换`,
  binaryMissing: (name, version, reasons) =>
    `本机没有 ${name} ${version}，也无法取得：\n${reasons.map((r) => `- ${r}`).join('\n')}`,
  binaryMissingHint: (variable, name) =>
    `指定文件（${variable}=/path/to/${name}）或含全部程序的目录（JINHONG_BIN_DIR），或放入 PATH，或安装 Go 1.26 以上版本以便自动构建`,
  noChecksum: (name, version, platform) => `${name} ${version} 的 ${platform} 官方包没有固定的校验和：不下载`,
  noGo: 'PATH 中没有 Go，无法构建',
  downloadFailed: (url, reason) => `下载 ${url} 失败：${reason}`,
  checksumDiffers: (url, wanted, found) => `${url} 与固定的校验和不符：SHA-256 是 ${found}，应为 ${wanted}；已丢弃`,
  buildFailed: (name, reason) => `构建 ${name} 失败：${reason}`,
};
