/** An archive of the makers' release, and what its bytes must hash to. */
export interface Release {
  url: string;
  sha256: string;
}

/**
 * The makers' releases, for platforms without Debian's packages.
 *
 * Sums of Linux and Windows: the makers' own Dockerfiles (nats-io/nats-docker, 2.10.x). Sums of macOS: cashapp/hermit-packages, whose
 * sums for Linux agree with the makers' for the same version.
 */
const SUMS: Record<string, [version: string, archive: string, sha256: string]> = {
  'linux-x64': ['2.10.29', 'linux-amd64.tar.gz', 'e314da74a83a1d3876db8814c27eb990fe729640fd6452025b441bcede8390da'],
  'linux-arm64': ['2.10.29', 'linux-arm64.tar.gz', 'da4b27942ecfb4c5f0c54553d2e7f470ddda9d7581cfe8131b351a0e223ed401'],
  'win32-x64': ['2.10.29', 'windows-amd64.zip', '98657bf4d5a9ce44168c019ba6894cda8e22e6adc8798edc05c168db7262de29'],
  'darwin-x64': ['2.10.10', 'darwin-amd64.tar.gz', '5b6bfed8f75ecb2f6465b87334f4e757a66c32b6c5f802e964a080a3716ffffb'],
  'darwin-arm64': [
    '2.10.10',
    'darwin-arm64.tar.gz',
    '8af6cbd8f3f21bcec164d17bc879d3e7807cd98e1c7839ac668986a71c4e52c6',
  ],
};

/** The release for a platform such as `linux-x64`, where there is one. */
export function natsRelease(platform: string): Release | undefined {
  const known = SUMS[platform];
  if (known === undefined) return undefined;
  const [version, archive, sha256] = known;
  return {
    url: `https://github.com/nats-io/nats-server/releases/download/v${version}/nats-server-v${version}-${archive}`,
    sha256,
  };
}
