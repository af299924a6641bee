import type { Text } from '../text/lang.ts';

/**
 * Why a condition of a Tenant, Approval, Department or Site is as it is. Constants: scripts and the command line rely on
 * them. The message beside a reason carries names and numbers only; these sentences say what it means.
 */
export const reasons = {
  Ready: { zh: '一切就绪', en: 'Everything is as it should be' },
  NotReady: { zh: '尚未就绪', en: 'Not ready yet' },
  Granted: { zh: '已按申请批准并分配', en: 'Granted as asked' },
  NothingToDo: { zh: '没有待办', en: 'Nothing is under way' },
  WaitingForApproval: { zh: '等待审批', en: 'Reviewers have not decided yet' },
  WaitingForSites: { zh: '等待中心执行并报告', en: 'The centres have not reported this decision yet' },
  OutsideEnvelope: { zh: '超出已批准的范围，等待新的审批', en: 'More than was approved; a new decision is needed' },
  OverCeiling: { zh: '价格超过经费上限', en: 'The price is above the funds' },
  PriceListChanged: {
    zh: '经费按另一版价目表批准，需重新审批',
    en: 'The funds were approved with another price list; they have to be approved anew',
  },
  SamePerson: {
    zh: '立项和经费须由不同的人批准',
    en: 'The project and its funds have to be approved by two different people',
  },
  Rejected: { zh: '审批组驳回了此次申请', en: 'The reviewers rejected this request' },
  Revoked: {
    zh: '审批已撤销，租户冻结，数据保留',
    en: 'The approval was revoked: the tenant is frozen and everything is kept',
  },
  ApprovalEnded: { zh: '审批已过有效期，不能增加资源', en: 'The approval has ended: nothing can be raised' },
  ApprovalEnds: { zh: '审批即将到期', en: 'The approval is about to end' },
  Ended: { zh: '租户已到期，冻结，保留期后移除', en: 'The end date has passed: frozen, later removed' },
  EndUnknown: { zh: '没有到期日，按已到期处理', en: 'There is no end date, which counts as ended' },
  Retiring: { zh: '正在移除，保留期内可以取回', en: 'Being removed; it can be taken back until the date given' },
  Removed: { zh: '保留期已过，正在删除', en: 'The time to take it back is over; it is being deleted' },
  WaitingForRemovalApproval: {
    zh: '移除正式环境须经批准',
    en: 'Removing a production environment needs an approval that leaves it out',
  },
  AllowanceExceeded: { zh: '超出部门可分配资源', en: "More than the department's allowance" },
  CapacityExceeded: { zh: '超出中心容量（含切换预留）', en: 'More than the centre can hold with the failover share' },
  NoSite: { zh: '没有所需角色的中心', en: 'There is no centre of the role that is needed' },
  UnknownDepartment: { zh: '没有该部门', en: 'There is no such department' },
  DepartmentBroken: { zh: '部门的上级关系有误', en: "The department's place in the tree is not known" },
  UnknownParent: { zh: '上级部门不存在', en: 'The parent does not exist' },
  ParentLoop: { zh: '上级关系成环', en: 'The parents form a loop' },
  UnknownLevel: { zh: '层级不在 cloud.yaml 中', en: 'The level is not in cloud.yaml' },
  UnknownGroup: { zh: '用户组不属于该部门', en: 'A group does not belong to the department' },
  UnknownPreset: { zh: '规格或服务等级不存在', en: 'There is no such preset' },
  UnknownZone: { zh: '网络区域不存在', en: 'There is no such zone' },
  UnknownTier: { zh: '保护等级不存在', en: 'There is no such protection tier' },
  UnknownDestination: { zh: '访问目标不存在', en: 'There is no such destination' },
  DestinationNotInZone: { zh: '该区域不能访问此目标', en: 'The zone may not reach this destination' },
  HostingNotInZone: { zh: '该区域不能发布网站', en: 'Nothing is published from this zone' },
  HostnameTwice: { zh: '同一域名出现多次', en: 'A hostname is asked for twice' },
  HostnameTaken: { zh: '域名已属于其他租户', en: 'The hostname belongs to another tenant' },
  HostnameReserved: { zh: '域名在保留后缀之下', en: 'The hostname lies under a reserved suffix' },
  TooManyRetiring: { zh: '正在移除的环境过多', en: 'Too many environments are being removed at once' },
  ManagementBehind: {
    zh: '管理中心的记录比中心旧，暂不决定',
    en: 'A centre knows a newer decision than the management centre; nothing is decided until it has been read back',
  },
  SiteSilent: { zh: '中心没有联系，状态未知', en: 'The centre is silent; its state is not known' },
  NeverContacted: { zh: '中心从未联系', en: 'The centre has never been in touch' },
  NotReported: { zh: '中心尚未报告', en: 'The centre has not reported this decision yet' },
  SiteNotReady: { zh: '中心未能完成', en: 'The centre could not carry it out' },
  Reachable: { zh: '中心联系正常', en: 'The centre is in touch' },
  NoReviewer: { zh: '没有审批组', en: 'No group reviews for this department' },
  ForeignObject: { zh: '同名对象不属于平台', en: 'An object of this name exists and is not ours' },
  Counted: { zh: '已计入', en: 'Counts in the decision' },
  Superseded: { zh: '已被更新的审批取代', en: 'A newer one of this part counts' },
  NoTenant: { zh: '没有这个租户', en: 'There is no such tenant yet' },
  Overdue: { zh: '审批已超时限', en: 'The reviewers are past the due date' },
} as const satisfies Record<string, Text>;

/** A reason of the management controller. */
export type Reason = keyof typeof reasons;
