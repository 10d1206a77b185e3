//! The network: requests and lookups of the hosts that were granted, and of no others. A redirect is a request of its own and is checked like any other.

use std::io;
use std::sync::Arc;

use tracing::debug;
use wasmtime::component::{HasData, Resource};
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::{Host, HostResolveAddressStream, IpAddress, ResolveAddressStream};
use wasmtime_wasi::p2::bindings::sockets::network::{self, ErrorCode as SocketErrorCode};
use wasmtime_wasi::p2::{DynPollable, Network, SocketError};
use wasmtime_wasi::sockets::WasiSocketsCtxView;
use wasmtime_wasi_http::p2::bindings::http::types::ErrorCode;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks, default_send_request};

use crate::grants::Grants;

/// A response, and what goes on with its connection.
type Sent = (http::Response<WasiBody>, Task);
type Task = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// Sends requests to hosts that were granted.
pub(super) struct Hooks {
    grants: Arc<Grants>,
}

impl Hooks {
    pub(super) fn new(grants: Arc<Grants>) -> Self {
        Self { grants }
    }

    fn allows(&self, uri: &http::Uri) -> bool {
        let usual = if uri.scheme_str() == Some("http") { 80 } else { 443 };
        uri.host()
            .is_some_and(|host| self.grants.allows(host, uri.port_u16().or(Some(usual))))
    }
}

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Task,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        let allowed = self.allows(request.uri());
        debug!(target: "policy", uri = %request.uri(), allowed, "http.send");
        Box::new(async move {
            if !allowed {
                return Err(Error::HttpRequestDenied);
            }
            let (response, task) = default_send_request(request, options).await?;
            Ok((response.map(http_body_util::BodyExt::boxed_unsync), Box::new(task) as Task))
        })
    }

    fn p2_error_from_connect(&mut self, error: &io::Error) -> ErrorCode {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => ErrorCode::ConnectionRefused,
            io::ErrorKind::TimedOut => ErrorCode::ConnectionTimeout,
            io::ErrorKind::NetworkUnreachable => ErrorCode::DestinationUnavailable,
            io::ErrorKind::HostUnreachable => ErrorCode::DestinationIpUnroutable,
            // What the resolver says has no kind of its own.
            _ if error.raw_os_error().is_none() => ErrorCode::DestinationNotFound,
            _ => ErrorCode::InternalError(Some(error.to_string())),
        }
    }

    fn p2_error_from_tls(&mut self, error: &io::Error) -> ErrorCode {
        ErrorCode::InternalError(Some(format!("tls: {error}")))
    }

    fn p2_error_from_hyper(&mut self, error: &hyper::Error) -> ErrorCode {
        if error.is_timeout() {
            ErrorCode::HttpResponseTimeout
        } else if error.is_incomplete_message() || error.is_closed() {
            ErrorCode::ConnectionTerminated
        } else {
            ErrorCode::InternalError(Some(error.to_string()))
        }
    }
}

/// Says that [`Lookup`] is what implements the interface.
pub(super) struct Lookups;

impl HasData for Lookups {
    type Data<'a> = Lookup<'a>;
}

/// Looks up names that were granted.
pub(super) struct Lookup<'a> {
    pub(super) grants: Arc<Grants>,
    pub(super) sockets: WasiSocketsCtxView<'a>,
}

impl Host for Lookup<'_> {
    fn resolve_addresses(&mut self, network: Resource<Network>, name: String) -> Result<Resource<ResolveAddressStream>, SocketError> {
        if !self.grants.allows(&name, None) {
            return Err(SocketErrorCode::AccessDenied.into());
        }
        self.sockets.resolve_addresses(network, name)
    }
}

impl network::Host for Lookup<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<SocketErrorCode> {
        network::Host::convert_error_code(&mut self.sockets, error)
    }

    fn network_error_code(&mut self, error: Resource<wasmtime::Error>) -> wasmtime::Result<Option<SocketErrorCode>> {
        network::Host::network_error_code(&mut self.sockets, error)
    }
}

impl network::HostNetwork for Lookup<'_> {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        network::HostNetwork::drop(&mut self.sockets, network)
    }
}

impl HostResolveAddressStream for Lookup<'_> {
    fn resolve_next_address(&mut self, stream: Resource<ResolveAddressStream>) -> Result<Option<IpAddress>, SocketError> {
        self.sockets.resolve_next_address(stream)
    }

    fn subscribe(&mut self, stream: Resource<ResolveAddressStream>) -> wasmtime::Result<Resource<DynPollable>> {
        self.sockets.subscribe(stream)
    }

    fn drop(&mut self, stream: Resource<ResolveAddressStream>) -> wasmtime::Result<()> {
        HostResolveAddressStream::drop(&mut self.sockets, stream)
    }
}
