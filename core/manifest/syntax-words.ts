import type { Text } from '../text/lang.ts';

/** What a syntax error means and what to do about it; keys are the codes of the `yaml` package and our own. */
const words: Readonly<Record<string, { readonly text: Text; readonly fix: Text }>> = {
  BAD_INDENT: say('缩进不对齐', 'the indentation does not line up', '与同级字段对齐', 'line it up with its siblings'),
  MISSING_CHAR: say(
    '缺少字符：引号或括号没有闭合，或冒号、逗号之后缺少空格',
    'a character is missing: a quote or bracket is not closed, or a colon or comma lacks its space',
    '补上缺少的引号、括号或空格',
    'add the missing quote, bracket or space',
  ),
  UNEXPECTED_TOKEN: say(
    '此处的内容不合 YAML 语法',
    'this does not fit YAML here',
    '检查上一行末尾以及本行的括号、引号和冒号',
    'look at the end of the line before and at the brackets, quotes and colons of this one',
  ),
  TAB_AS_INDENT: say('用制表符（Tab）缩进', 'a tab is used to indent', '改用空格', 'use spaces'),
  BAD_SCALAR_START: say(
    '值不能以 @ 或反引号开头',
    'a value cannot start with @ or a back quote',
    '给值加上引号',
    'put the value in quotes',
  ),
  BAD_DQ_ESCAPE: say(
    '双引号中的反斜杠写法不对',
    'a backslash in double quotes stands for nothing',
    '改用单引号，或写两个反斜杠',
    'use single quotes, or write two backslashes',
  ),
  BLOCK_AS_IMPLICIT_KEY: say(
    '一行中出现了两个冒号',
    'one line holds two colons',
    '值中含冒号时请加引号，否则换行',
    'quote a value that holds a colon, or start a new line',
  ),
  MULTILINE_IMPLICIT_KEY: say(
    '字段名跨了多行，多半是上一行缺少冒号',
    'a field name spans lines; the line before probably lacks its colon',
    '在字段名之后补上冒号',
    'add the colon after the field name',
  ),
  BLOCK_IN_FLOW: say(
    '括号之内不能使用缩进写法',
    'inside brackets the indented form is not allowed',
    '检查括号是否闭合',
    'look whether a bracket is not closed',
  ),
  BAD_ALIAS: say(
    '引用（*）的名称在本文档中没有定义',
    'an alias (*) names nothing in this document',
    '写出内容本身；引用不能跨文档',
    'write the content itself; aliases do not reach other documents',
  ),
  TAG_RESOLVE_FAILED: say('不支持 YAML 标签（!）', 'YAML tags (!) are not supported', '删除标签', 'remove the tag'),
  BAD_DIRECTIVE: say('不支持 YAML 指令（%）', 'YAML directives (%) are not supported', '删除该行', 'remove the line'),
  NON_STRING_KEY: say(
    '字段名只能是文字',
    'a field name must be text',
    '不要用列表或括号作字段名',
    'do not use a list or brackets as a field name',
  ),
  KEY_OVER_1024_CHARS: say('字段名过长', 'a field name is too long', '检查是否缺少换行', 'look for a missing line end'),
  TooDeep: say('嵌套层数过多', 'it is nested too deep', '检查括号和缩进', 'look at brackets and indentation'),
  AliasBomb: say(
    '引用（*）展开后过大，已拒绝',
    'the aliases (*) expand to far too much; refused',
    '写出内容本身，不用引用',
    'write the content itself, without aliases',
  ),
};

const unknown = say(
  '不合 YAML 语法',
  'this is not valid YAML',
  '检查缩进、冒号、引号和括号',
  'look at indentation, colons, quotes and brackets',
);

function say(zh: string, en: string, fixZh: string, fixEn: string) {
  return { text: { zh, en }, fix: { zh: fixZh, en: fixEn } };
}

/** Words for one code of the YAML parser; codes without their own get a general sentence. */
export function syntaxWords(code: string): { readonly text: Text; readonly fix: Text } {
  return words[code] ?? unknown;
}
