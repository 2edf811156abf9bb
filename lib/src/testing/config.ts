/** The administrator's URL of the PostgreSQL server that tests share; each makes a database of its own there. */
export function testPostgresUrl(): string {
  const url = process.env['TEST_POSTGRES_URL'];
  if (!url) throw new Error('TEST_POSTGRES_URL is not set: these tests need a PostgreSQL server');
  return url;
}

/** The broker that tests share; each makes streams of its own there. */
export function testNatsUrl(): string {
  const url = process.env['TEST_NATS_URL'];
  if (!url) throw new Error('TEST_NATS_URL is not set: these tests need a nats-server with JetStream');
  return url;
}
