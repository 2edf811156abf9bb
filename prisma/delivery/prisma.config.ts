import { defineConfig } from 'prisma/config';

// For Prisma's own CLI: DATABASE_URL=… npx prisma migrate status --config prisma/delivery/prisma.config.ts
// Generating the client needs no database, so the variable may be missing.
export default defineConfig({
  schema: 'schema.prisma',
  migrations: { path: 'migrations' },
  datasource: { url: process.env['DATABASE_URL'] ?? '' },
});
