/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  // `source` makes workspace packages resolve to their TypeScript sources, so unit tests need no build.
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  // They offer their own sources under that name, too, which nothing here can read.
  moduleNameMapper: { '^(eventsource(?:-parser)?)$': '<rootDir>/node_modules/$1/dist/index.js' },
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  testMatch: [
    '**/src/**/*.test.ts',
    '<rootDir>/schema/*.test.ts',
    '<rootDir>/router/{client,conformance}/*.test.ts',
    '<rootDir>/tests/**/*.test.ts',
  ],
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/.local/'],
  // Where nobody brought a PostgreSQL and a nats-server (TEST_POSTGRES_URL, TEST_NATS_URL), these start and end them.
  globalSetup: './tests/jest.global-setup.mjs',
  globalTeardown: './tests/jest.global-teardown.mjs',
  // Else it would lie in the system's folder for temporary files.
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  testTimeout: 30_000,
};
