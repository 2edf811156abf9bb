/** SQLSTATE classes and codes that speak of the database's state, not of the statement. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const FAULT_CLASSES = new Set(['08', '40', '53', '57', '58']);
const FAULT_CODES = new Set([
  '25006', // read-only transaction: a replica, right after a fail-over
  '55P03', // lock not available
  // Sockets.
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  // Prisma: https://www.prisma.io/docs/orm/reference/error-reference
  'P1001',
  'P1002',
  'P1008',
  'P1011',
  'P1017',
  'P2024',
  'P2028',
  'P2034',
  'P2037',
]);
/** Kinds of Prisma's DriverAdapterError. */
const FAULT_KINDS = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'TlsConnectionError',
  'TransactionWriteConflict',
  'SocketTimeout',
  'TooManyConnections',
]);
/** What `pg` says of a lost connection; it gives these no code. */
const FAULT_MESSAGES =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Client was closed|Cannot use a pool after calling end)/;

/**
 * Whether an error speaks of the database being away or busy (connection lost, serialization, deadlock, shutting down): the
 * work was rolled back and the same work may succeed later. Looks through the wrappings of Prisma.
 */
export function isDatabaseFault(error: unknown): boolean {
  let at = error;
  for (let depth = 0; depth < 6 && typeof at === 'object' && at !== null; depth++) {
    const { code, originalCode, errorCode, kind, message, meta, cause } = at as Record<string, unknown>;
    if ([code, originalCode, errorCode].some(isFaultCode)) return true;
    if (typeof kind === 'string' && FAULT_KINDS.has(kind)) return true;
    if (typeof message === 'string' && FAULT_MESSAGES.test(message)) return true;
    at = cause ?? driverAdapterError(meta);
  }
  return false;
}

function isFaultCode(code: unknown): boolean {
  if (typeof code !== 'string') return false;
  return (
    FAULT_CODES.has(code) || (/^[0-9A-Z]{5}$/.test(code) && !/^P\d/.test(code) && FAULT_CLASSES.has(code.slice(0, 2)))
  );
}

function driverAdapterError(meta: unknown): unknown {
  return typeof meta === 'object' && meta !== null
    ? (meta as Record<string, unknown>)['driverAdapterError']
    : undefined;
}
