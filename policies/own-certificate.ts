import { everyWrite, notByDepartments } from './platform-only.ts';

/** An example: base64 of a PEM request for the name `zoo`, whose key is lost. */
const request = [
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlHTk1FRUNBUUF3RGpFTU1Bb0dBMVVFQXd3RGVtOXZNQ293',
  'QlFZREsyVndBeUVBd1YwbDB0Y0ZuT1BTR09mbApGZFByL3daSWFaOUlPd0ZvZUMrY1Qzd045OXlnQURBRkJnTXJaWEFEUVFD',
  'ZnVKMmVITHBWUnU5a0RkQVI1TkVCCk02Q1FZdWhVTUhmY0ViZ1ZhMFVOdzFZQnhEaUx2aHNuWGs0SVFEN1c0Z01KRlpUTFhQ',
  'dU9nUllqK1U5R1EvQUUKLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==',
];

/** A centre's CA signs for the platform only. */
export const ownCertificate = notByDepartments({
  id: 'OwnCertificate',
  text: {
    zh: '中心的证书只由平台签发；人员身份来自部门名录，网站证书由 hosting 提供',
    en: "a centre's CA signs for the platform only; people come from the directory, websites get theirs by hosting",
  },
  why: {
    zh: '一张由中心签发的客户端证书可以写上任何人、任何组的名字。',
    en: "A client certificate signed by a centre may carry anybody's name and any group.",
  },
  covers: [everyWrite('certificates.k8s.io', ['certificatesigningrequests'])],
  example: {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'zoo' },
    spec: { request: request.join(''), signerName: 'kubernetes.io/kube-apiserver-client', usages: ['client auth'] },
  },
});
