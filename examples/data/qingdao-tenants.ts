import type { KindSeed, TenantSeed } from './city.ts';

/**
 * The tenants of the example city, named after the systems in the accounts that this cloud is built for: the "686" and
 * "861" platforms and centres, the shared office system, websites, approval, supervision, and departments' own systems.
 * Lines are `department tenant kind host name`; `-` is no hostname.
 */
const lines = `
qingdao city-portal portal www 青岛政务网
qingdao identity-centre platform - 认证授权中心
qingdao directory-service platform - 统一目录服务
qingdao service-handling platform banshi 办事服务平台
qingdao app-service-centre centre - 应用服务中心
qingdao virus-protection centre - 病毒防护服务
qingdao internet-access centre - 互联网统一接入
qingdao training-centre training peixun 培训中心
qingdao research-centre research - 研究开发中心
bigdata storage-platform platform - 存储支撑平台
bigdata compute-platform platform - 计算支撑平台
bigdata network-platform platform - 网络支撑平台
bigdata base-data platform - 基础数据库平台
bigdata base-software platform - 基础软件平台
bigdata security-platform platform - 安全支撑平台
bigdata info-resources platform ziyuan 信息资源目录平台
bigdata exchange-centre centre - 信息交换共享中心
bigdata government-data centre - 政务数据中心
bigdata service-registry centre - 服务注册中心
bigdata dr-backup centre - 容灾备份中心
bigdata cloud-centre centre yun 云计算中心
govoffice office-platform platform oa 基础办公平台
govoffice content-management platform cms 内容管理平台
govoffice public-interaction platform hudong 公众互动平台
govoffice workflow-platform platform - 工作流平台
govoffice multimedia-collab platform huiyi 多媒体协同平台
govoffice mobile-office platform m 移动办公平台
govoffice knowledge-base centre - 知识管理平台
govoffice management-info centre - 管理信息平台
govoffice office-website website www 市政府办公厅网站
discipline e-supervision business jiancha 电子监察系统
adminapproval online-approval online shenpi 网上审批大厅
adminapproval invest-approval business touzi 投资项目审批系统
adminapproval approval-website website www 行政审批服务网
petition mayor-mailbox online xinxiang 市长信箱
finance budget-execution business budget 预算执行系统
finance treasury-payment internal - 国库集中支付系统
finance gov-procurement business caigou 政府采购系统
finance finance-website website www 市财政局网站
taxation tax-sharing business sheshui 涉税信息共享系统
civiladmin civil-registry business dengji 民政登记系统
civiladmin social-aid business jiuzhu 社会救助系统
civiladmin civil-website website www 市民政局网站
humansocial social-insurance business shebao 社会保险系统
humansocial job-service online jiuye 就业服务网
humansocial hr-website website www 市人力资源和社会保障局网站
healthcomm health-records business dangan 居民健康档案系统
healthcomm clinic-booking online guahao 预约挂号平台
healthcomm health-website website www 市卫生健康委员会网站
edubureau school-enrolment online ruxue 入学报名系统
edubureau smart-school business zhihui 智慧教育平台
edubureau edu-website website www 市教育局网站
publicsecurity population-base internal - 人口基础信息库
publicsecurity exit-entry online churujing 出入境预约系统
publicsecurity police-website website www 市公安局网站
transportation travel-info online chuxing 交通出行信息服务
transportation traffic-website website www 市交通运输局网站
housingbuild contract-filing business wangqian 房屋网上签约系统
housingbuild housing-website website www 市住房和城乡建设局网站
landplanning geo-map business ditu 地理信息公共平台
landplanning estate-registry business budongchan 不动产登记系统
landplanning land-website website www 市自然资源和规划局网站
ecoenv air-quality online kongqi 空气质量发布系统
ecoenv eco-website website www 市生态环境局网站
marketsuper firm-licensing business zhuce 企业登记系统
marketsuper food-tracing business zhuisu 食品安全追溯系统
marketsuper market-website website www 市市场监督管理局网站
housingfund fund-online online wangting 公积金网上服务厅
housingfund fund-website website www 市住房公积金管理中心网站
emergencymgmt emergency-command internal - 应急指挥系统
emergencymgmt emergency-website website www 市应急管理局网站
statistics survey-reporting business zhibao 统计联网直报系统
statistics stats-website website www 市统计局网站
audit audit-online internal - 联网审计系统
medinsurance med-settlement business jiesuan 医保结算系统
cityorder city-inspection business xuncha 数字城管系统
archives e-archives business dianzi 电子档案系统
meteorology weather-warning online yujing 气象预警发布系统
citylibrary reader-catalogue online mulu 图书馆读者目录
citymuseum virtual-exhibit trial xuni 虚拟展厅试用
devreform devreform-website website www 市发展和改革委员会网站
scitech scitech-website website www 市科学技术局网站
industryit industry-website website www 市工业和信息化局网站
judicial judicial-website website www 市司法局网站
waterworks water-website website www 市水务管理局网站
agrirural agri-website website www 市农业农村局网站
marinedev marine-website website www 市海洋发展局网站
landscape landscape-website website www 市园林和林业局网站
commercebureau commerce-website website www 市商务局网站
culturetour culture-website website www 市文化和旅游局网站
veteransaffairs veterans-website website www 市退役军人事务局网站
foreignaffairs foreign-website website www 市外事办公室网站
stateassets assets-website website www 市国资委网站
sportsbureau sports-website website www 市体育局网站
redcross redcross-website website www 市红十字会网站
shinan shinan-portal website www 市南政务网
shibei shibei-portal website www 市北政务网
licang licang-portal website www 李沧政务网
laoshanqu laoshanqu-portal website www 崂山政务网
xihaian xihaian-portal website www 西海岸新区政务网
chengyang chengyang-portal website www 城阳政务网
jimo jimo-portal website www 即墨政务网
jiaozhou jiaozhou-portal website www 胶州政务网
pingdu pingdu-portal website www 平度政务网
laixi laixi-portal website www 莱西政务网
shinanpermit permit-hall local-service dating 市南网上办事大厅
licangcivil neighbour-aid local-service jiuzhu 李沧社区救助系统
jiaozhouedu school-places local-service xuewei 胶州学位查询系统
badaguan grid-service street-service wangge 八大关网格服务
jinjialing startup-window street-service chuangye 金家岭创业窗口
`;

/** A year in which short-lived tenants of the example end; far away so that the example stays of use. */
const end = '2030-06-30';
const cityNet = [{ destination: 'city-extranet', port: 443 }];
const test = { name: 'test', size: 'tiny' };

/** What each kind of tenant asks for. */
export const kinds: Readonly<Record<string, KindSeed>> = {
  platform: {
    class: 'production',
    environments: [
      {
        name: 'production',
        size: 'large',
        service: 'critical',
        hosts: true,
        egress: [...cityNet, { destination: 'province-exchange', port: 443 }],
      },
      { ...test, size: 'small' },
    ],
  },
  portal: {
    class: 'production',
    environments: [{ name: 'production', size: 'large', service: 'critical', zone: 'internet', hosts: true }, test],
  },
  centre: {
    class: 'production',
    environments: [{ name: 'production', size: 'medium', service: 'important', hosts: true, egress: cityNet }, test],
  },
  website: {
    class: 'production',
    environments: [{ name: 'production', size: 'tiny', service: 'ordinary', zone: 'internet', hosts: true }],
  },
  online: {
    class: 'production',
    environments: [
      {
        name: 'production',
        size: 'medium',
        service: 'important',
        zone: 'internet',
        hosts: true,
        egress: [{ destination: 'update-mirror', port: 443 }],
      },
      test,
    ],
  },
  business: {
    class: 'production',
    environments: [
      {
        name: 'production',
        size: 'medium',
        service: 'important',
        zone: 'government-extranet',
        hosts: true,
        egress: cityNet,
      },
      test,
    ],
  },
  internal: {
    class: 'production',
    environments: [
      {
        name: 'production',
        size: 'medium',
        service: 'critical',
        zone: 'intranet',
        egress: [{ destination: 'intranet-core', port: 8443 }],
      },
      { ...test, zone: 'intranet' },
    ],
  },
  'local-service': {
    class: 'production',
    environments: [{ name: 'production', size: 'small', service: 'ordinary', zone: 'internet', hosts: true }, test],
  },
  'street-service': {
    class: 'production',
    environments: [{ name: 'production', size: 'tiny', service: 'ordinary', hosts: true }],
  },
  training: { class: 'training', until: end, environments: [{ name: 'course', size: 'small', hosts: true }] },
  research: { class: 'research', until: end, environments: [{ name: 'lab', size: 'medium' }] },
  trial: { class: 'trial', until: end, environments: [{ name: 'trial', size: 'tiny', hosts: true }] },
};

/** Tenants whose quota differs from their size. */
export const quotas: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'finance/budget-execution': {
    'requests.cpu': '8',
    'requests.memory': '16Gi',
    'requests.storage': '200Gi',
    pods: '60',
  },
  'bigdata/dr-backup': { 'requests.storage': '2Ti' },
  'archives/e-archives': { 'requests.storage': '1Ti' },
};

/** All tenants of the example city. */
export const tenants: readonly TenantSeed[] = lines
  .trim()
  .split('\n')
  .map((line) => {
    const [department = '', name = '', kind = '', host = '', displayName = ''] = line.split(' ');
    return host === '-' ? { department, name, kind, displayName } : { department, name, kind, displayName, host };
  });
