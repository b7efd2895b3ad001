export { fakeIcecast, type FakeIcecast } from './fake-icecast.ts'
export type { Fault, FaultOptions } from './faults.ts'
export type { Credentials, FakeIcecastOptions, SourceOptions, Title, TitleFields, Version } from './options.ts'
export type { LoggedRequest } from './request.ts'
