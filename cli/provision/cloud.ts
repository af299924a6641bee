import { AppError } from '../../core/errors.ts';
import type { Cloud } from '../../core/model/cloud.ts';
import { connectManagement, findCloudFile, loadCloudFile } from '../connect.ts';
import type { Context } from '../context.ts';

/** The cloud's facts: from a cloud.yaml, else as published at the management centre. @throws input `no-cloud` */
export async function cloudOf(ctx: Context): Promise<Cloud> {
  const file = findCloudFile(ctx);
  if (file !== undefined) return loadCloudFile(file);
  const { cloud } = await connectManagement(ctx);
  if (cloud !== undefined) return cloud;
  const text = { zh: '没有 cloud.yaml', en: 'there is no cloud.yaml' };
  const hintText = { zh: '用 --cloud 指定', en: 'name it with --cloud' };
  throw new AppError('input', text.en, { code: 'no-cloud', data: { text, hintText } });
}
