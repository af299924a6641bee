import type { DepartmentSeed } from './city.ts';

/**
 * The departments of the example city: real structure, invented codes and domains. Lines are `code label name`;
 * city departments have files of their own, a district shares one file with its departments and streets.
 */
const cityLines = `
govoffice bgt 市政府办公厅
devreform fgw 市发展和改革委员会
edubureau edu 市教育局
scitech kjj 市科学技术局
industryit gxj 市工业和信息化局
ethnicfaith mzj 市民族宗教事务局
publicsecurity gaj 市公安局
civiladmin mzhj 市民政局
judicial sfj 市司法局
finance cz 市财政局
humansocial rsj 市人力资源和社会保障局
landplanning zrzy 市自然资源和规划局
ecoenv sthj 市生态环境局
housingbuild zjj 市住房和城乡建设局
cityorder cgj 市城市管理局
transportation jtj 市交通运输局
waterworks swj 市水务管理局
agrirural nyj 市农业农村局
marinedev hyj 市海洋发展局
landscape yljl 市园林和林业局
commercebureau swt 市商务局
culturetour wlj 市文化和旅游局
healthcomm wjw 市卫生健康委员会
veteransaffairs tyj 市退役军人事务局
emergencymgmt yjj 市应急管理局
audit sjj 市审计局
foreignaffairs wsb 市人民政府外事办公室
stateassets gzw 市国有资产监督管理委员会
marketsuper scj 市市场监督管理局
sportsbureau tyu 市体育局
statistics tjj 市统计局
medinsurance ybj 市医疗保障局
localfinance jrj 市地方金融管理局
civildefense rfb 市人民防空办公室
adminapproval spj 市行政审批服务局
bigdata dsj 市大数据发展管理局
petition xfj 市信访局
privateeconomy myj 市民营经济发展局
archives daj 市档案馆
localhistory dfz 市地方史志研究院
housingfund gjj 市住房公积金管理中心
supplycoop gxs 市供销合作社联合社
meteorology qxj 市气象局
seismology dzj 市地震监测中心
taxation swjs 市税务局
qdcustoms hg 青岛海关
maritime hsj 青岛海事局
postaladmin yzj 市邮政管理局
tobaccoadmin ycj 市烟草专卖局
citylibrary tsg 市图书馆
citymuseum bwg 市博物馆
broadcasting gd 市广播电视台
tradeunion zgh 市总工会
youthleague gqt 共青团市委
womenfed fl 市妇女联合会
disabledfed cl 市残疾人联合会
sciassociation kx 市科学技术协会
redcross hszh 市红十字会
literaryart wl 市文学艺术界联合会
cppccoffice zx 市政协办公厅
npcoffice rd 市人大常委会办公厅
midcourt fy 市中级人民法院
procuratorate jcy 市人民检察院
discipline jw 市纪委监委
orgdept zzb 市委组织部
publicity xcb 市委宣传部
unitedfront tzb 市委统战部
politicallegal zfw 市委政法委
staffing bb 市委编办
firerescue xfjy 市消防救援支队
`;

/** `code label name | street name | street name` for each district or county-level city. */
const districtLines = `
shinan sn 市南区 | xianggangroad 香港中路街道 | badaguan 八大关街道
shibei sb 市北区 | liaoningroad 辽宁路街道 | dengzhouroad 登州路街道
licang lc 李沧区 | fushanroad 浮山路街道 | licun 李村街道
laoshanqu ls 崂山区 | zhonghan 中韩街道 | jinjialing 金家岭街道
xihaian xha 西海岸新区 | changjiangroad 长江路街道 | xuejiadao 薛家岛街道
chengyang cy 城阳区 | chengyangstreet 城阳街道 | liuting 流亭街道
jimo jm 即墨区 | huanxiu 环秀街道 | tongji 通济街道
jiaozhou jz 胶州市 | fuan 阜安街道 | zhongyun 中云街道
pingdu pd 平度市 | dongge 东阁街道 | liyuan 李园街道
laixi lx 莱西市 | shuiji 水集街道 | wangcheng 望城街道
`;

const districtOffices = [
  { code: 'edu', label: 'edu', name: '教育和体育局' },
  { code: 'civil', label: 'mz', name: '民政局' },
  { code: 'permit', label: 'sp', name: '行政审批服务局' },
] as const;

const rows = (text: string) => text.trim().split('\n');

const root: DepartmentSeed = {
  code: 'qingdao',
  displayName: '青岛市电子政务办公室',
  level: 'city',
  label: '',
  groups: ['staff'],
  extraGroups: ['egov-reviewers'],
  reviewers: { project: 'egov-reviewers', funds: 'finance-reviewers' },
  file: 'qingdao',
};

function cityDepartment(line: string): DepartmentSeed {
  const [code = '', label = '', displayName = ''] = line.split(' ');
  const extraGroups = code === 'finance' ? ['finance-reviewers'] : [];
  return {
    code,
    label,
    displayName,
    level: 'city',
    parent: 'qingdao',
    groups: ['staff'],
    extraGroups,
    file: `city/${code}`,
  };
}

function district(line: string): DepartmentSeed[] {
  const [head = '', ...streets] = line.split(' | ');
  const [code = '', label = '', name = ''] = head.split(' ');
  const file = `districts/${code}`;
  const office: DepartmentSeed = {
    code,
    label,
    displayName: `${name}电子政务办公室`,
    level: 'district',
    parent: 'qingdao',
    groups: ['staff'],
    extraGroups: [`${code}-reviewers`, `${code}-funds`],
    reviewers: { project: `${code}-reviewers`, funds: `${code}-funds` },
    file,
  };
  const offices = districtOffices.map((each): DepartmentSeed => {
    return {
      code: code + each.code,
      label: each.label,
      displayName: name + each.name,
      level: 'district',
      parent: code,
      file,
    };
  });
  const below = streets.map((street): DepartmentSeed => {
    const [streetCode = '', streetName = ''] = street.split(' ');
    const displayName = `${name}${streetName}办事处`;
    return { code: streetCode, label: streetCode, displayName, level: 'street', parent: code, shares: true, file };
  });
  return [office, ...offices, ...below];
}

/** All departments: the city's office, its departments, the districts with theirs, and the streets. */
export const departments: readonly DepartmentSeed[] = [
  root,
  ...rows(cityLines).map(cityDepartment),
  ...rows(districtLines).flatMap(district),
];
