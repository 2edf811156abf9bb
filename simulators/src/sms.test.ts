import { createSmsSimulator } from './sms.ts';
import { startClient, type TestClient } from './test-client.ts';

let client: TestClient;
const now = () => new Date('2020-05-14T03:00:00.000Z');
beforeAll(async () => (client = await startClient(createSmsSimulator({ now }))));
afterAll(() => client.stop());
beforeEach(() => client.post('/reset', {}));

const message = { key: 'order:1:PLACED', to: '+821012345678', text: 'Paid 4,000 won ☕' };
const inbox = async (query = '') => (await client.get(`/inbox${query}`)).body;

describe('The SMS system', () => {
  it('sends a message into the inbox of its number', async () => {
    const sent = await client.post('/messages', message, message.key);
    expect(sent).toEqual({ status: 200, body: { id: 'sms-1', key: message.key, status: 'SENT' } });
    await client.post('/messages', { ...message, key: 'other', to: '01099998888' });
    const mine = { messages: [{ id: 'sms-1', ...message, at: '2020-05-14T03:00:00.000Z' }] };
    expect(await inbox('?to=%2B821012345678')).toEqual(mine);
    expect(await inbox('?to=+821012345678')).toEqual(mine);
    expect(await inbox()).toMatchObject({ messages: [{ key: message.key }, { key: 'other' }] });
  });

  it('sends once for one key', async () => {
    const first = await client.post('/messages', message);
    expect(await client.post('/messages', message)).toEqual(first);
    expect(await inbox()).toMatchObject({ messages: [{ id: 'sms-1' }] });
  });

  it('fails and hangs without sending', async () => {
    await client.turn({ mode: 'fail' });
    expect((await client.post('/messages', message)).status).toBe(500);
    await client.turn({ mode: 'hang' });
    await client.postUnanswered('/messages', message);
    expect(await inbox()).toEqual({ messages: [] });
  });

  it('sends and loses the answer', async () => {
    await client.turn({ mode: 'lose' });
    await client.postUnanswered('/messages', message);
    await client.turn({ mode: 'ok' });
    expect((await client.post('/messages', message)).body).toMatchObject({ id: 'sms-1' });
  });

  it.each([
    ['to', { ...message, to: undefined }],
    ['text', { ...message, text: '' }],
    ['key', { ...message, key: 1 }],
  ])('answers 400 and names %s', async (field, input) => {
    expect(await client.post('/messages', input)).toMatchObject({ status: 400, body: { field } });
  });
});
