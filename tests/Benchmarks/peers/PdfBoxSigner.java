import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.cert.Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;
import org.apache.pdfbox.io.MemoryUsageSetting;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.*;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.operator.jcajce.*;

/** Signs one PDF again and again with PDFBox and BouncyCastle's CMS, the signature itself by the JDK: see MeasuredProcess for how it is asked. */
public final class PdfBoxSigner {
    public static void main(String[] arguments) throws Exception {
        Path file = Path.of(arguments[0]);
        boolean inMemory = arguments[3].equals("memory");
        PrivateKey key = key(Files.readString(Path.of(arguments[1])));
        List<Certificate> chain = new ArrayList<>(CertificateFactory.getInstance("X.509").generateCertificates(Files.newInputStream(Path.of(arguments[2]))));
        String algorithm = key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
        byte[] bytes = inMemory ? Files.readAllBytes(file) : null;
        Path target = file.resolveSibling("signed-by-pdfbox.pdf");
        SignatureInterface signer = content -> {
            try {
                CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
                generator.addSignerInfoGenerator(new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().build())
                    .build(new JcaContentSignerBuilder(algorithm).build(key), (X509Certificate) chain.get(0)));
                generator.addCertificates(new JcaCertStore(chain));
                return generator.generate(new Content(content), false).getEncoded();
            } catch (Exception problem) {
                throw new IOException(problem);
            }
        };
        var meter = (com.sun.management.OperatingSystemMXBean) java.lang.management.ManagementFactory.getOperatingSystemMXBean();
        System.out.println("ready");
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = input.readLine()) != null;) {
            long cpu = meter.getProcessCpuTime(), start = System.nanoTime();
            double time = Double.parseDouble(line);
            int times = 0;
            for (; times == 0 || System.nanoTime() - start < time * 1e9; times++) {
                try (PDDocument document = inMemory ? PDDocument.load(bytes) : PDDocument.load(file.toFile());
                     OutputStream output = inMemory ? new ByteArrayOutputStream(bytes.length + 32768) : new BufferedOutputStream(Files.newOutputStream(target), 131072)) {
                    PDSignature signature = new PDSignature();
                    signature.setFilter(PDSignature.FILTER_ADOBE_PPKLITE);
                    signature.setSubFilter(PDSignature.SUBFILTER_ETSI_CADES_DETACHED);
                    signature.setSignDate(Calendar.getInstance());
                    document.addSignature(signature, signer);
                    document.saveIncremental(output);
                }
            }
            System.out.println(times + " " + (System.nanoTime() - start) / 1e9 + " " + (meter.getProcessCpuTime() - cpu) / 1e6);
        }
    }

    private static PrivateKey key(String pem) throws Exception {
        String body = pem.substring(pem.indexOf("KEY-----") + 8, pem.lastIndexOf("-----END"));
        PKCS8EncodedKeySpec encoded = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(body));
        try {
            return KeyFactory.getInstance("EC").generatePrivate(encoded);
        } catch (GeneralSecurityException other) {
            return KeyFactory.getInstance("RSA").generatePrivate(encoded);
        }
    }

    private static final class Content implements CMSTypedData {
        private final InputStream stream;

        Content(InputStream stream) {
            this.stream = stream;
        }

        public org.bouncycastle.asn1.ASN1ObjectIdentifier getContentType() {
            return org.bouncycastle.asn1.cms.CMSObjectIdentifiers.data;
        }

        public Object getContent() {
            return stream;
        }

        public void write(OutputStream output) throws IOException {
            stream.transferTo(output);
        }
    }
}
